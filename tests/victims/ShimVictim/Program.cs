using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CrashHandler.Tests.Victims.ShimVictim;

/// <summary>
/// Dies in the way its argument names. <c>SHIM_LIBRARY</c>: the shim; <c>SHIM_STAGE2</c>: an address to connect to and install
/// for. Before it dies it prints <c>tid N</c>, the thread that will die.
/// </summary>
internal static unsafe partial class Program
{
    private const int CaughtFaults = 1_000;
    private const int FaultingThreads = 8;

    private static int Main(string[] args)
    {
        string library = Environment.GetEnvironmentVariable("SHIM_LIBRARY")
            ?? throw new InvalidOperationException("SHIM_LIBRARY is not set");
        nint shim = NativeLibrary.Load(library);
        if (Environment.GetEnvironmentVariable("SHIM_STAGE2") is { Length: > 0 } address)
        {
            Install(shim, address);
        }

        Console.WriteLine($"tid {GetThreadId()}");
        switch (args[0])
        {
            case "unhandled":
                throw new InvalidOperationException("unhandled");
            case "unhandled-null":
                Console.WriteLine(ReadLength(null));
                break;
            case "native-null":
                ((delegate* unmanaged<void>)NativeLibrary.GetExport(shim, "crash_handler_crash"))();
                break;
            case "managed-pointer":
                *(int*)0x4141_4141_0000 = 1;
                break;
            case "fail-fast":
                Environment.FailFast("fail fast");
                break;
            case "native-abort":
                Abort();
                break;
            case "overflow":
                Console.WriteLine(Descend(1));
                break;
            case "raise":
                Raise(int.Parse(args[1]));
                break;
            case "caught":
                CatchMany();
                break;
            case "caught-on-threads":
                Thread[] threads = [.. Enumerable.Range(0, FaultingThreads).Select(_ => new Thread(CatchMany))];
                Array.ForEach(threads, thread => thread.Start());
                Array.ForEach(threads, thread => thread.Join());
                break;
            case "caught-then-fail-fast":
                CatchMany();
                Environment.FailFast("fail fast");
                break;
            case "stuck-handler":
                StuckHandler.Run(args[1]);
                break;
            case "caught-then-native-null":
                CatchMany();
                goto case "native-null";
            default:
                Console.Error.WriteLine($"unknown kind '{args[0]}'");
                return 2;
        }

        return 0;
    }

    private static void Install(nint shim, string address)
    {
        ShimResult result;
        fixed (byte* path = System.Text.Encoding.UTF8.GetBytes(address + "\0"))
        {
            var connect = (delegate* unmanaged<byte*, void*, uint, uint*, ShimResult*, int>)NativeLibrary.GetExport(shim, "crash_handler_connect");
            Check(connect(path, null, 0, null, &result), ref result);
        }

        var install = (delegate* unmanaged<ShimResult*, int>)NativeLibrary.GetExport(shim, "crash_handler_install");
        Check(install(&result), ref result);
        var register = (delegate* unmanaged<uint, uint, ShimResult*, int>)NativeLibrary.GetExport(shim, "crash_handler_register");
        Check(register(0, 0, &result), ref result);
        Console.WriteLine($"hooks {result.Hooks}");
    }

    private static void Check(int error, ref ShimResult result)
    {
        if (error != 0)
        {
            throw new InvalidOperationException(Marshal.PtrToStringUTF8((nint)Unsafe.AsPointer(ref result.Message[0])));
        }
    }

    private static void CatchMany()
    {
        int caught = 0;
        for (int i = 0; i < CaughtFaults; i++)
        {
            try
            {
                caught -= ReadLength(null);
            }
            catch (NullReferenceException)
            {
                caught++;
            }

            try
            {
                caught -= Divide(i, 0);
            }
            catch (DivideByZeroException)
            {
                caught++;
            }
        }

        Console.WriteLine($"caught {caught}");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int ReadLength(string? text) => text!.Length;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Divide(int left, int right) => left / right;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Descend(int depth) => Descend(depth + 1) + depth;

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int GetThreadId();

    [LibraryImport("libc", EntryPoint = "abort")]
    private static partial void Abort();

    [LibraryImport("libc", EntryPoint = "raise")]
    private static partial int Raise(int signal);
}
