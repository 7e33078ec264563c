using System.Text;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>
/// The files of its own memory that a dying process has opened for a handler that may not (<see cref="FrameType.HandedOver"/>). It may hand over anything:
/// what is not what it should be is closed by <see cref="Check"/>, and what is read of the rest is as bounded as ever.
/// </summary>
internal sealed unsafe class HandedFiles : IDisposable
{
    private static readonly string[] s_names = ["mem", "maps", "auxv"];

    private readonly FileDescriptor?[] _files = new FileDescriptor?[s_names.Length];
    private readonly string?[] _problems = new string?[s_names.Length];

    private HandedFiles()
    {
    }

    /// <summary>Its memory; null: it is not to be had.</summary>
    public FileDescriptor? Memory => _files[0];

    /// <summary>Its mappings; likewise.</summary>
    public FileDescriptor? Maps => _files[1];

    /// <summary>Its auxiliary vector; likewise.</summary>
    public FileDescriptor? AuxiliaryVector => _files[2];

    /// <summary>Why the others are not to be had.</summary>
    public IEnumerable<string> Problems => _problems.OfType<string>();

    /// <summary>Takes the frame apart, and owns the descriptors from then on.</summary>
    /// <exception cref="MalformedFrameException">It is none, or its descriptors are not those that it names; they stay the caller's.</exception>
    public static HandedFiles Take(ReadOnlySpan<byte> payload, IReadOnlyList<FileDescriptor> descriptors)
    {
        HandedOverPayload handed = HandedOverPayload.Parse(payload);
        int[] errors = [handed.MemoryError, handed.MapsError, handed.AuxiliaryVectorError];
        int named = errors.Count(error => error == 0);
        if (descriptors.Count != named)
        {
            throw new MalformedFrameException($"HandedOver came with {descriptors.Count} descriptors and names {named}");
        }

        HandedFiles files = new();
        int next = 0;
        for (int i = 0; i < errors.Length; i++)
        {
            if (errors[i] == 0)
            {
                files._files[i] = descriptors[next++];
            }
            else
            {
                files._problems[i] = new SyscallException("open", errors[i], $"its own {s_names[i]}").Message;
            }
        }

        return files;
    }

    /// <summary>Closes each that is not the named file of the very thread that reports.</summary>
    /// <param name="here">The thread's directory below this handler's /proc, such as <c>/7/task/8</c>.</param>
    /// <param name="there">The same as the process sees itself: its procfs may be another one, of another pid namespace.</param>
    public void Check(string here, string there)
    {
        for (int i = 0; i < _files.Length; i++)
        {
            if (_files[i] is { } file && ProblemOf(file, $"{here}/{s_names[i]}", $"{there}/{s_names[i]}") is { } problem)
            {
                file.Dispose();
                _files[i] = null;
                _problems[i] = $"its {s_names[i]} is not taken: {problem}";
            }
        }
    }

    public void Dispose()
    {
        foreach (FileDescriptor? file in _files)
        {
            file?.Dispose();
        }
    }

    private static string? ProblemOf(FileDescriptor file, string here, string there)
    {
        try
        {
            Libc.StatFs status;
            if (Libc.fstatfs(file.Number, &status) != 0)
            {
                throw SyscallException.Last("fstatfs");
            }

            // The link's beginning is where its procfs is mounted, which may be anywhere. In this handler's own the numbers are this handler's.
            string target = Encoding.UTF8.GetString(ProcFs.ReadLinkBytes($"/proc/self/fd/{file.Number}"));
            return status.Type != Libc.PROC_SUPER_MAGIC ? $"{target} is not of procfs"
                : target.EndsWith(here, StringComparison.Ordinal) || (target.EndsWith(there, StringComparison.Ordinal) && !IsOfOwnProc(file)) ? null
                : $"it is {target} instead of {here}";
        }
        catch (SyscallException error)
        {
            return error.Message;
        }
    }

    private static bool IsOfOwnProc(FileDescriptor file)
        => FileIdentity.Of("/proc") is { } own && FileIdentity.Of(file, "") is var handed && (own.DeviceMajor, own.DeviceMinor) == (handed.DeviceMajor, handed.DeviceMinor);
}
