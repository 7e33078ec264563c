using System.Runtime.InteropServices;

namespace CrashHandler.Native;

/// <summary>The shim's functions, as client/native/crash_handler.h declares them. <see cref="Shim"/> finds the library.</summary>
internal static unsafe partial class ShimFunctions
{
    public const string Library = "crashhandler";

    [LibraryImport(Library)]
    public static partial int crash_handler_version();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int crash_handler_connect(string address, byte* welcome, uint capacity, uint* welcomeLength, ShimResult* result);

    [LibraryImport(Library)]
    public static partial int crash_handler_install(ShimResult* result);

    [LibraryImport(Library)]
    public static partial int crash_handler_block(byte** block, ShimResult* result);

    [LibraryImport(Library)]
    public static partial int crash_handler_register(uint options, uint holdMilliseconds, ShimResult* result);

    [LibraryImport(Library)]
    public static partial int crash_handler_request(
        ushort type, byte* payload, uint length, ushort* answerType, byte* buffer, uint capacity, uint* answerLength, ShimResult* result);

    [LibraryImport(Library)]
    public static partial int crash_handler_notify(ushort type, ShimResult* result);

    [LibraryImport(Library)]
    public static partial int crash_handler_wait(ShimResult* result);

    [LibraryImport(Library)]
    public static partial int crash_handler_launch(byte* path, byte** arguments, int limitMilliseconds, ShimResult* result);

    [LibraryImport(Library)]
    public static partial int crash_handler_report(uint code, uint flags, ShimResult* result);

    [LibraryImport(Library)]
    public static partial void crash_handler_crash();
}
