using System.ComponentModel;
using System.Globalization;
using Xunit;

namespace CrashHandler.Tests.Tools;

/// <summary>GDB, from the distribution's package <c>gdb</c>: what it says of a crash that it sees itself is what a dump of the same crash must say.</summary>
internal static class Gdb
{
    /// <summary>Far above what it needs; it is killed then and the test fails.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private const string NotAllowed = "Could not trace the inferior process";
    private const string Stopped = " received signal SIG";

    /// <summary>Runs a program until a signal stops it, and shows the stack of the thread that got it.</summary>
    public static ToolResult RunUntilCrash(string program, params string[] arguments)
    {
        try
        {
            ToolResult result = ToolProcess.Run("gdb", Limit, ["-nx", "-batch", "-iex", "set debuginfod enabled off", "-ex", "run", "-ex", "bt", "--args", program, .. arguments]);
            Assert.SkipWhen(result.Error.Contains(NotAllowed, StringComparison.Ordinal), $"gdb may trace nothing here: {result.Error.Trim()}");
            Assert.True(result.Output.Contains(Stopped, StringComparison.Ordinal), $"gdb saw no crash: {result.Output}{result.Error}");
            return result;
        }
        catch (Win32Exception error)
        {
            Assert.Skip($"gdb is not there (apt-get install gdb): {error.Message}");
            throw;
        }
    }

    /// <summary>The frames of every thread of a process that waits, innermost first, without those that debug information makes up; it goes on afterwards.</summary>
    public static Dictionary<int, List<GdbFrame>> FramesOf(int pid)
    {
        const string script = """
            python
            for thread in gdb.selected_inferior().threads():
                thread.switch()
                frame = gdb.newest_frame()
                for count in range(200):
                    if frame is None:
                        break
                    if frame.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME):
                        print("frame", thread.ptid[1], hex(frame.pc()), frame.name() or "")
                    frame = frame.older()
            end
            """;
        ToolResult result = RunScript(script, "-p", pid.ToString(CultureInfo.InvariantCulture));
        Assert.SkipWhen(result.Error.Contains("ptrace: Operation not permitted", StringComparison.Ordinal), $"gdb may trace nothing here: {result.Error.Trim()}");
        Dictionary<int, List<GdbFrame>> threads = [];
        foreach (string[] words in result.Output.Split('\n').Select(line => line.Split(' ', 4)).Where(words => words is ["frame", _, _, _]))
        {
            int tid = int.Parse(words[1], CultureInfo.InvariantCulture);
            threads.TryAdd(tid, []);
            threads[tid].Add(new GdbFrame(Convert.ToUInt64(words[2], 16), words[3].Trim()));
        }

        Assert.True(threads.Count > 0, $"gdb saw no thread: {result.Output}{result.Error}");
        return threads;
    }

    /// <summary>
    /// The frames of the thread that a .NET process's core is of, innermost first, without those that debug information makes up. Native code GDB unwinds by the
    /// tables of its files. Of code that the .NET runtime makes it has none, and takes the next word of the stack for a return address; a core's registers cannot be
    /// set to go on behind it. So GDB is told the one rule that such code keeps by the runtime's calling convention, and only for addresses in no ELF file: a method that calls
    /// native code, or is not optimized, has its place in the chain of frame pointers. From there it finds the native callers by its own means again; it is told nothing
    /// of what ClrMD or our own unwinder say.
    /// </summary>
    public static List<GdbFrame> FramesOfCore(string program, string core)
    {
        const string script = """
            python
            import re, struct
            from gdb.unwinder import Unwinder, register_unwinder

            def is_elf(path):
                try:
                    with open(path, "rb") as file:
                        return file.read(4) == b"\x7fELF"
                except OSError:
                    return False

            mappings = [(int(start, 16), int(end, 16), path) for start, end, path in
                re.findall(r"^\s*(0x[0-9a-f]+)\s+(0x[0-9a-f]+)\s[^/\n]*(/.*)$", gdb.execute("info proc mappings", to_string=True), re.M) if is_elf(path)]

            def module_of(address):
                return next((path for start, end, path in mappings if start <= address < end), "")

            def register(frame, name):
                return int(frame.read_register(name)) & 0xffffffffffffffff

            class FrameId:
                def __init__(self, sp, pc):
                    self.sp = gdb.Value(sp)
                    self.pc = gdb.Value(pc)

            class FramePointers(Unwinder):
                def __call__(self, frame):
                    pc = register(frame, "rip")
                    if module_of(pc):
                        return None
                    base = register(frame, "rbp")
                    try:
                        caller = struct.unpack("<QQ", bytes(gdb.selected_inferior().read_memory(base, 16)))
                    except gdb.MemoryError:
                        return None
                    info = frame.create_unwind_info(FrameId(base + 16, pc))
                    for name, value in (("rbp", caller[0]), ("rip", caller[1]), ("rsp", base + 16)):
                        info.add_saved_register(name, gdb.Value(value).cast(frame.read_register(name).type))
                    return info

            register_unwinder(None, FramePointers("frame pointers"), True)
            frame = gdb.newest_frame()
            for count in range(200):
                if frame is None:
                    break
                if frame.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME):
                    print("frame", hex(frame.pc()), hex(register(frame, "rsp")), frame.name() or "", module_of(frame.pc()), sep="\t")
                frame = frame.older()
            end
            """;
        ToolResult result = RunScript(script, program, core);
        List<GdbFrame> frames = [.. result.Output.Split('\n').Select(line => line.Split('\t')).Where(words => words is ["frame", _, _, _, _])
            .Select(words => new GdbFrame(Convert.ToUInt64(words[1], 16), words[3])
            {
                Sp = Convert.ToUInt64(words[2], 16),
                Module = words[4].Length == 0 ? null : words[4],
            })];
        Assert.True(frames.Count > 0, $"gdb saw no frame: {result.Output}{result.Error}");
        return frames;
    }

    private static ToolResult RunScript(string script, params string[] target)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, script);
            return ToolProcess.Run("gdb", Limit, ["-nx", "-batch", "-iex", "set debuginfod enabled off", "-iex", "set auto-load off", "-ex", "set backtrace past-main on", .. target, "-x", file]);
        }
        catch (Win32Exception error)
        {
            Assert.Skip($"gdb is not there (apt-get install gdb): {error.Message}");
            throw;
        }
        finally
        {
            File.Delete(file);
        }
    }
}
