using System.Diagnostics;
using CrashHandler.Handler.Stacks;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Managed;

/// <summary>
/// The runtime's debugging library (DAC), native code that the crashed process chose: looked at, and held so that it stays as it was until it is loaded. It lies beside the runtime, in a directory
/// from which the process loads its own code: who may write there needs no walk to have something run.
/// </summary>
internal sealed class DacFile : IDisposable
{
    public const string Name = "mscordaccore.dll";

    private readonly SafeFileHandle _file;

    private DacFile(SafeFileHandle file, string path)
    {
        _file = file;
        LoadPath = path;
    }

    /// <summary>Where it is loaded from.</summary>
    public string LoadPath { get; }

    /// <summary>Opens the library that belongs to a runtime.</summary>
    /// <param name="runtime">The runtime, in the process.</param>
    /// <param name="request">Whose process it is.</param>
    /// <exception cref="NoManagedPartException">There is none, or it is not to be loaded.</exception>
    public static DacFile Open(RuntimeImage runtime, WalkRequest request)
    {
        string path = Path.Join(Path.GetDirectoryName(runtime.Path), Name);
        if (!ProcessFiles.IsWhole(path))
        {
            throw new NoManagedPartException($"{path} is not loaded: it is on no drive of this machine");
        }

        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new NoManagedPartException(error is FileNotFoundException or DirectoryNotFoundException ? $"there is no {path}" : $"{path} cannot be opened: {error.Message}", error);
        }

        try
        {
            FileVersionInfo found = FileVersionInfo.GetVersionInfo(path);
            Version version = new(found.FileMajorPart, found.FileMinorPart, found.FileBuildPart, found.FilePrivatePart);
            return version == runtime.Version ? new DacFile(file, path)
                : throw new NoManagedPartException($"{path} is not loaded: it belongs to another build of the runtime, {version} instead of {runtime.Build}");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => _file.Dispose();
}
