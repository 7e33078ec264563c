using System.Diagnostics;

namespace CrashHandler.Tests.Windows;

/// <summary>
/// A Wine prefix of a test's own (registry and drives), with a server of its own: a copy of the one that build/test-windows has made and used. What is Windows' there, most of it, is linked, because
/// nobody writes it; all the rest is copied. Wine's server writes to the registry's files in place when they have other names.
/// </summary>
internal sealed class WinePrefix : IDisposable
{
    private const string Drive = "drive_c", Windows = "windows";

    /// <summary>Makes one.</summary>
    /// <param name="template">What it is a copy of. No process has it open.</param>
    public WinePrefix(string template)
    {
        Folder = Path.Combine(Path.GetDirectoryName(template)!, "prefixes", $"{Guid.NewGuid():N}");
        string drive = Path.Combine(template, Drive), own = Directory.CreateDirectory(Path.Combine(Folder, Drive)).FullName, system = Path.Combine(drive, Windows);
        Copy(["-a", .. Directory.EnumerateFileSystemEntries(template).Where(path => Path.GetFileName(path) != Drive), Folder]);
        Copy(["-a", .. Directory.EnumerateFileSystemEntries(drive).Where(path => Path.GetFileName(path) != Windows), own]);
        Copy(["-al", system, own]);
        Copy(["-a", "--remove-destination", .. Directory.EnumerateFiles(system, "*.ini"), Path.Combine(own, Windows)]);
    }

    /// <summary>Its directory.</summary>
    public string Folder { get; }

    /// <summary>Ends the server, and with it every process of the prefix that is left.</summary>
    public void Dispose()
    {
        Run("wineserver", ["-k"]);
        Run("timeout", ["-k", "5", $"{WindowsTestLimits.ServersEnd.TotalSeconds}", "wineserver", "-w"]);
        Directory.Delete(Folder, recursive: true);
    }

    private void Copy(IEnumerable<string> arguments)
    {
        if (Run("cp", arguments) is not 0 and int code)
        {
            throw new IOException($"cp cannot make the prefix {Folder}: exit code {code}");
        }
    }

    private int Run(string program, IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments);
        Set(start);
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>Has a program, and all that it starts, use this prefix.</summary>
    public void Set(ProcessStartInfo start)
    {
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/wine";
        start.Environment["WINEPREFIX"] = Folder;
        start.Environment["WINEDEBUG"] = "-all";
        // Its debugger would hold what crashes; the runtime reports nothing to it.
        start.Environment["WINEDLLOVERRIDES"] = "winedbg.exe=d";
    }
}
