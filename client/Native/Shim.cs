using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using CrashHandler.Launch;
using CrashHandler.Protocol;

namespace CrashHandler.Native;

/// <summary>
/// The signal shim, loaded once per process. All unsafe code of the client is in this folder: it hands the shim spans and strings, and makes
/// <see cref="ShimException"/> of its errors.
/// </summary>
internal static unsafe class Shim
{
    /// <summary>File name of the shim.</summary>
    public static readonly string FileName = OperatingSystem.IsWindows() ? "crashhandler.dll" : "libcrashhandler.so";

    private const string LoadedFromKey = "CrashHandler.Shim";

    private static nint s_library;

    /// <summary>Absolute path the shim was loaded from; null when it was preloaded (then the environment says).</summary>
    public static string? LoadedFrom { get; private set; }

    /// <summary>
    /// Finds a shim that is in the process already (LD_PRELOAD), else loads the first of <paramref name="candidates"/> that exists: there must be
    /// one state per process.
    /// </summary>
    /// <exception cref="DllNotFoundException">There is none; the message names the places.</exception>
    public static void Load(IReadOnlyList<string> candidates)
    {
        if (s_library != 0)
        {
            return;
        }

        // Nothing is preloaded on Windows.
        if (!OperatingSystem.IsWindows() && NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), nameof(ShimFunctions.crash_handler_version), out _))
        {
            s_library = NativeLibrary.GetMainProgramHandle();
        }
        else
        {
            // By the startup hook of an attached process, which has a copy of this class.
            LoadedFrom = AppContext.GetData(LoadedFromKey) as string ?? Places.FirstFile(candidates)
                ?? throw new DllNotFoundException($"{FileName} was not found; looked at {string.Join(", ", candidates)}");
            s_library = NativeLibrary.Load(LoadedFrom);
            AppContext.SetData(LoadedFromKey, LoadedFrom);
        }

        NativeLibrary.SetDllImportResolver(typeof(Shim).Assembly, Resolve);
        int version = ShimFunctions.crash_handler_version();
        if (version != FrameHeader.ExpectedVersion)
        {
            throw new DllNotFoundException($"{LoadedFrom ?? "the preloaded shim"} speaks protocol version {version}, this client {FrameHeader.ExpectedVersion}; use one release of both");
        }
    }

    /// <summary>Connects to a handler, in place of earlier connections.</summary>
    public static Welcome Connect(string address)
    {
        byte[] welcome = new byte[ProtocolLimits.MaxPayloadBytes];
        uint length = 0;
        ShimResult result = default;
        fixed (byte* buffer = welcome)
        {
            Check(nameof(Connect), ShimFunctions.crash_handler_connect(address, buffer, (uint)welcome.Length, &length, &result), result);
        }

        return Welcome.Parse(welcome.AsSpan(0, (int)length));
    }

    /// <summary>Installs the signal handlers and hooks.</summary>
    /// <param name="problem">Why slots of the runtime are not in place; empty: all are.</param>
    public static Hooks Install(out string problem)
    {
        ShimResult result = default;
        Check(nameof(Install), ShimFunctions.crash_handler_install(&result), result);
        problem = result.Message;
        return (Hooks)result.Hooks;
    }

    /// <summary>The registration block's shared memory, the same at each call.</summary>
    public static Span<byte> Block()
    {
        ShimResult result = default;
        byte* block = null;
        Check(nameof(Block), ShimFunctions.crash_handler_block(&block, &result), result);
        return new Span<byte>(block, RegistrationBlock.Size);
    }

    /// <summary>Passes the block to the handler.</summary>
    /// <param name="options">With <see cref="RegisterOptions.IgnoreSystemCrashHandler"/>, <see cref="Hooks.Fork"/> is put in place too.</param>
    /// <param name="holdMilliseconds">How much longer than a report alone this process may be held when it dies, until that is uploaded; 0: not held for that.</param>
    /// <returns>What is in place now.</returns>
    public static Hooks Register(RegisterOptions options, uint holdMilliseconds)
    {
        ShimResult result = default;
        Check(nameof(Register), ShimFunctions.crash_handler_register((uint)options, holdMilliseconds, &result), result);
        return (Hooks)result.Hooks;
    }

    /// <summary>Sends a request, or with <paramref name="type"/> 0 reads the next frame of its answer.</summary>
    /// <returns>The answer's payload.</returns>
    public static byte[] Request(FrameType type, ReadOnlySpan<byte> payload, out FrameType answerType)
    {
        byte[] buffer = new byte[ProtocolLimits.MaxPayloadBytes];
        ushort answer = 0;
        uint length = 0;
        ShimResult result = default;
        fixed (byte* request = payload)
        fixed (byte* target = buffer)
        {
            int errno = ShimFunctions.crash_handler_request((ushort)type, request, (uint)payload.Length, &answer, target, (uint)buffer.Length, &length, &result);
            Check(nameof(Request), errno, result);
        }

        answerType = (FrameType)answer;
        return buffer[..(int)length];
    }

    /// <summary>Sends a frame that has no answer.</summary>
    public static void Notify(FrameType type)
    {
        ShimResult result = default;
        Check(nameof(Notify), ShimFunctions.crash_handler_notify((ushort)type, &result), result);
    }

    /// <summary>Waits until the handler is gone. Beside all other calls; without a limit.</summary>
    /// <returns>False when another <see cref="Connect"/> replaced the connection meanwhile.</returns>
    public static bool WaitForEnd()
    {
        ShimResult result = default;
        int errno = ShimFunctions.crash_handler_wait(&result);
        if (errno == ShimException.Canceled)
        {
            return false;
        }

        Check(nameof(WaitForEnd), errno, result);
        return true;
    }

    /// <summary>Starts the handler twice removed and waits for its ready line.</summary>
    /// <param name="arguments">argv, the path first.</param>
    /// <param name="limit">How long to wait.</param>
    /// <returns>The ready line, as protocol/README.md gives it.</returns>
    public static string Launch(IReadOnlyList<string> arguments, TimeSpan limit)
    {
        // One block of texts, each ended by a zero.
        byte[] texts = Encoding.UTF8.GetBytes(string.Join('\0', arguments) + '\0');
        byte** argv = stackalloc byte*[arguments.Count + 1];
        fixed (byte* first = texts)
        {
            byte* text = first;
            for (int i = 0; i < arguments.Count; i++)
            {
                argv[i] = text;
                text += Encoding.UTF8.GetByteCount(arguments[i]) + 1;
            }

            argv[arguments.Count] = null;
            ShimResult result = default;
            Check(nameof(Launch), ShimFunctions.crash_handler_launch(argv[0], argv, (int)limit.TotalMilliseconds, &result), result);
            return result.Message;
        }
    }

    /// <summary>Writes to address 0 in native code: SIGSEGV or an access violation, which nothing can catch.</summary>
    public static void Crash() => ShimFunctions.crash_handler_crash();

    /// <summary>Windows: has the calling thread reported, with an exception of this code. Returns when the report is over.</summary>
    public static void Report(uint exceptionCode, NoticeFlags flags)
    {
        ShimResult result = default;
        Check(nameof(Report), ShimFunctions.crash_handler_report(exceptionCode, (uint)flags, &result), result);
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
        => name == ShimFunctions.Library ? s_library : 0;

    private static void Check(string function, int errno, in ShimResult result)
    {
        if (errno != 0)
        {
            throw new ShimException(function, errno, result.Message);
        }
    }
}
