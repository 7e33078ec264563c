using System.Runtime.InteropServices;
using System.Text;

namespace CrashHandler.Tests.Native;

/// <summary>The shim's exported functions, loaded into the test process. One state per process: its tests run one after another.</summary>
internal static unsafe partial class Shim
{
    private static readonly Lazy<nint> Library = new(() => NativeLibrary.Load(NativeBuild.Library));

    public static int Version() => ((delegate* unmanaged<int>)Export("crash_handler_version"))();

    public static Outcome Connect(string address, byte[] welcome, out int length)
    {
        Result result;
        uint written = 0;
        fixed (byte* path = Text(address), buffer = welcome)
        {
            ((delegate* unmanaged<byte*, void*, uint, uint*, Result*, int>)Export("crash_handler_connect"))(
                path, buffer, (uint)welcome.Length, &written, &result);
        }

        length = (int)written;
        return Outcome.Of(&result);
    }

    public static Outcome Block(out nint block)
    {
        Result result;
        void* memory = null;
        ((delegate* unmanaged<void**, Result*, int>)Export("crash_handler_block"))(&memory, &result);
        block = (nint)memory;
        return Outcome.Of(&result);
    }

    public static Outcome Register(uint options, uint holdMilliseconds = 0)
    {
        Result result;
        ((delegate* unmanaged<uint, uint, Result*, int>)Export("crash_handler_register"))(options, holdMilliseconds, &result);
        return Outcome.Of(&result);
    }

    public static Outcome Notify(ushort type)
    {
        Result result;
        ((delegate* unmanaged<ushort, Result*, int>)Export("crash_handler_notify"))(type, &result);
        return Outcome.Of(&result);
    }

    public static Outcome Wait()
    {
        Result result;
        ((delegate* unmanaged<Result*, int>)Export("crash_handler_wait"))(&result);
        return Outcome.Of(&result);
    }

    public static Outcome Request(ushort type, byte[] payload, int capacity, out ushort answer, out byte[] body)
    {
        Result result;
        ushort answerType = 0;
        uint length = 0;
        byte[] buffer = new byte[capacity];
        fixed (byte* sent = payload, received = buffer)
        {
            ((delegate* unmanaged<ushort, void*, uint, ushort*, void*, uint, uint*, Result*, int>)Export("crash_handler_request"))(
                type, sent, (uint)payload.Length, &answerType, received, (uint)capacity, &length, &result);
        }

        answer = answerType;
        body = buffer[..Math.Min((int)length, capacity)];
        return Outcome.Of(&result);
    }

    public static Outcome Launch(string path, string[] arguments, int limitMilliseconds)
    {
        Result result;
        byte*[] strings = new byte*[arguments.Length + 1];
        for (int i = 0; i < arguments.Length; i++)
        {
            strings[i] = (byte*)Marshal.StringToCoTaskMemUTF8(arguments[i]);
        }

        fixed (byte* program = Text(path))
        fixed (byte** vector = strings)
        {
            ((delegate* unmanaged<byte*, byte**, int, Result*, int>)Export("crash_handler_launch"))(program, vector, limitMilliseconds, &result);
        }

        for (int i = 0; i < arguments.Length; i++)
        {
            Marshal.FreeCoTaskMem((nint)strings[i]);
        }

        return Outcome.Of(&result);
    }

    private static void* Export(string name) => (void*)NativeLibrary.GetExport(Library.Value, name);

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text + "\0");

    /// <summary>What a call said.</summary>
    public readonly record struct Outcome(int Error, int HandlerProcessId, uint Hooks, string Message)
    {
        public static Outcome Of(Result* result) =>
            new(result->Error, result->HandlerProcessId, result->Hooks, Marshal.PtrToStringUTF8((nint)result->Message)!);
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Result
    {
        public int Error;
        public int HandlerProcessId;
        public uint Hooks;
        public uint Reserved;
        public fixed byte Message[512];
    }
}
