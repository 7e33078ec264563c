using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Managed;

/// <summary>
/// The runtime's debugging library (DAC), native code that the crashed process chose: opened once, looked at, and loaded through the descriptor that was
/// looked at. What its owner writes into it afterwards is what the owner might have run himself.
/// </summary>
internal sealed class DacFile : IDisposable
{
    public const string Name = "libmscordaccore.so";

    private const uint Root = 0;

    private readonly FileDescriptor _file;

    private DacFile(FileDescriptor file) => _file = file;

    /// <summary>Where this process, and nobody else, loads it from.</summary>
    public string LoadPath => $"/proc/self/fd/{_file.Number}";

    /// <summary>Opens the library that belongs to a runtime.</summary>
    /// <param name="runtime">The runtime, in the process.</param>
    /// <param name="request">Whose process it is.</param>
    /// <exception cref="NoManagedPartException">There is none, or it is not to be loaded.</exception>
    public static DacFile Open(RuntimeImage runtime, WalkRequest request)
    {
        string path = $"{Path.GetDirectoryName(runtime.Path)}/{Name}";
        // Never one from a foreign root, whose root is somebody else: the machine's own at the same path, if it is the same.
        string where = request.HasOwnRoot ? $"{path} of this machine (the process has a root directory of its own)" : path;
        FileDescriptor file = OpenFile(path, where);
        try
        {
            Check(file, where, runtime, request);
            return new DacFile(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    private static FileDescriptor OpenFile(string path, string where)
    {
        // Neither to hang on a pipe nor to get a terminal.
        int fd = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NONBLOCK | Libc.O_NOCTTY, 0);
        if (fd >= 0)
        {
            return new FileDescriptor(fd);
        }

        SyscallException error = SyscallException.Last("open", path);
        throw new NoManagedPartException(error.Errno == Libc.ENOENT ? $"there is no {where}" : $"{where} cannot be opened: {error.Message}", error);
    }

    private static void Check(FileDescriptor file, string where, RuntimeImage runtime, WalkRequest request)
    {
        FileStatus status = FileStatus.Of(file, where);
        if (!status.IsRegular)
        {
            throw new NoManagedPartException($"{where} is not loaded: it is no regular file");
        }

        if (status.UserId != Root && (request.HasOwnRoot || status.UserId != request.UserId))
        {
            throw new NoManagedPartException($"{where} is not loaded: it belongs to user {status.UserId}, neither to root nor to the user of the process ({request.UserId})");
        }

        if (status.IsWritableByOthers)
        {
            throw new NoManagedPartException($"{where} is not loaded: its group or others may write it");
        }

        ElfView image;
        try
        {
            image = ElfView.OfFile(new DescriptorMemory(file));
        }
        catch (InvalidDataException error)
        {
            throw new NoManagedPartException($"{where} is not loaded: {error.Message}", error);
        }

        if (image.FindNeeded().Find(name => name.Contains("musl", StringComparison.Ordinal)) is { } musl)
        {
            throw new NoManagedPartException($"{where} is not loaded: it is built for another C library ({musl})");
        }

        string? version = image.FindVersion();
        if (version != runtime.Build)
        {
            throw new NoManagedPartException($"{where} is not loaded: it belongs to another build of the runtime, {version ?? "of no version"} instead of {runtime.Build}");
        }
    }
}
