using System.Globalization;
using CrashHandler.Handler.Minidump.Format;

namespace CrashHandler.Handler.Minidump;

/// <summary>A minidump for people at a terminal. Whatever text comes from the dump is escaped (<see cref="TerminalText"/>).</summary>
internal sealed class MinidumpText
{
    private readonly TextWriter _out;
    private readonly MinidumpFile _dump;

    private MinidumpText(TextWriter writer, MinidumpFile dump)
    {
        _out = writer;
        _dump = dump;
    }

    /// <summary>Writes it.</summary>
    public static void Write(TextWriter writer, MinidumpFile dump)
    {
        MinidumpText text = new(writer, dump);
        text.WriteHead();
        text.WriteCrashedThread();
        text.WriteThreads();
        text.WriteModules();
        text.WriteUnloadedModules();
        text.WriteMemoryInfo();
        text.WriteHandles();
        text.WriteAnnotations();
        text.WriteLines("Limits", MinidumpStreamType.MozLinuxLimits, '\n');
        text.WriteLines("Environment", MinidumpStreamType.LinuxEnviron, '\0');
        text.WriteSoftErrors();
        text.WriteStreams();
        text.WriteProblems();
    }

    private void WriteHead()
    {
        if (_dump.Exception is { } exception)
        {
            Field("Crash", $"{Safe(exception.Reason)} at 0x{exception.Address:x} in {Describe(exception.ThreadId, _dump.CrashedThread?.Name ?? "")}");
        }
        else
        {
            Field("Crash", "none: the dump has no exception");
        }

        Field("Dump", $"{Utc(_dump.Time)}, {Number(_dump.FileSize)} bytes, {Count(_dump.Streams.Count, "stream")}, {Memory()}");
        if (_dump.System is { } system)
        {
            string vendor = system.CpuVendor.Length == 0 ? "" : $" {Safe(system.CpuVendor)}";
            Field("System", $"{system.Platform} {system.Version}, {system.Architecture}{vendor}, {Count(system.Record.NumberOfProcessors, "processor")}");
            if (system.Description.Length > 0)
            {
                Field("", Safe(system.Description));
            }
        }

        if (_dump.ProcessId is { } pid)
        {
            Field("Process", $"{pid}{Times(_dump.Process)}");
        }

        if (_dump.LinuxFiles.TryGetValue(MinidumpStreamType.LinuxCmdLine, out string? command))
        {
            Field("Command", Safe(command.TrimEnd('\0').Replace('\0', ' ')));
        }

        if (_dump.RequestingThread is { } requesting)
        {
            Field("Asked by", $"thread {requesting}{(_dump.DumpingThread is { } dumping ? $", written by thread {dumping}" : "")}");
        }

        if (_dump.Crashpad is { } crashpad)
        {
            Field("Report", crashpad.ReportId.ToString());
            Field("Client", crashpad.ClientId.ToString());
        }

        if (_dump.Process?.Writer is { Length: > 0 } writer)
        {
            Field("Written by", Safe(writer));
        }
    }

    private void WriteCrashedThread()
    {
        if (_dump.Exception is not { } exception)
        {
            return;
        }

        Title($"Crashed {Describe(exception.ThreadId, _dump.CrashedThread?.Name ?? "")}");
        if ((exception.Context ?? _dump.CrashedThread?.Context) is not { } context)
        {
            _out.WriteLine("  its registers are not in the dump, or are of a CPU this program does not decode");
            return;
        }

        _out.WriteLine($"  {Place(context.Rip)}");
        IReadOnlyList<(string Name, ulong Value)> registers = Amd64RegisterNames.Of(context);
        for (int i = 0; i < registers.Count; i++)
        {
            string end = i % 3 == 2 || i == registers.Count - 1 ? "\n" : "  ";
            _out.Write($"  {registers[i].Name,6} = {Hex(registers[i].Value)}{end}");
        }

        if (exception.Parameters.Count > 0)
        {
            _out.WriteLine($"  parameters: {string.Join(", ", exception.Parameters.Select(value => $"0x{value:x}"))}");
        }
    }

    private void WriteThreads()
    {
        Title($"Threads ({Number(_dump.Threads.Count)})");
        foreach (DumpThread thread in _dump.Threads.OrderByDescending(thread => thread.Id == _dump.Exception?.ThreadId))
        {
            string mark = thread.Id == _dump.Exception?.ThreadId ? "*" : " ";
            string stack = thread.Stack.Size == 0 ? "no stack" : $"{Number((long)thread.Stack.Size)} B stack";
            string place = _dump.ContextOf(thread) is { } context ? Place(context.Rip)
                : thread.ContextSize == 0 ? "no registers" : "registers not decoded";
            string start = thread.Times is { } times ? $", started at {Place(times.StartAddress)}" : "";
            _out.WriteLine($"{mark} {thread.Id,8}  {Safe(thread.Name),-16}  {stack,18}  {place}{start}");
        }
    }

    private void WriteModules()
    {
        Title($"Modules ({Number(_dump.Modules.Count)})");
        foreach (DumpModule module in _dump.Modules)
        {
            string version = module.Version.Length == 0 ? "" : $"  {Safe(module.Version)}";
            _out.WriteLine($"  {Hex(module.Address)}  {Number(module.Size),13}  {Safe(module.Path)}{version}");
            _out.WriteLine($"  {"",18}  {(module.CodeId.Length == 0 ? "no code id" : Safe(module.CodeId))}{(module.DebugId.Length == 0 ? "" : $"  {Safe(module.DebugId)}")}");
        }
    }

    private void WriteUnloadedModules()
    {
        if (_dump.UnloadedModules.Count == 0)
        {
            return;
        }

        Title($"Unloaded modules ({Number(_dump.UnloadedModules.Count)})");
        foreach (DumpUnloadedModule module in _dump.UnloadedModules)
        {
            _out.WriteLine($"  {Hex(module.Address)}  {Number(module.Size),13}  {Safe(module.Name)}{(module.CodeId.Length == 0 ? "" : $"  {Safe(module.CodeId)}")}");
        }
    }

    /// <summary>A real process has a thousand mappings and more: sums here, each one in the JSON.</summary>
    private void WriteMemoryInfo()
    {
        if (_dump.MemoryInfo.Count == 0)
        {
            return;
        }

        Title($"Memory ranges of the process ({Number(_dump.MemoryInfo.Count)})");
        // No grouping by a tuple: its types alone would be 20 KB of private memory of every idle handler.
        Dictionary<string, (int Count, ulong Size)> groups = [];
        foreach (DumpMemoryInfo range in _dump.MemoryInfo)
        {
            string kind = $"{range.StateName,-10}  {range.TypeName,-8}  {range.Permissions}";
            (int count, ulong size) = groups.GetValueOrDefault(kind);
            groups[kind] = (count + 1, size + range.Size);
        }

        List<string> kinds = [.. groups.Keys];
        kinds.Sort(StringComparer.Ordinal);
        foreach (string kind in kinds)
        {
            (int count, ulong size) = groups[kind];
            _out.WriteLine($"  {kind}  {Number(count),7}  {size.ToString("N0", CultureInfo.InvariantCulture),23} B");
        }
    }

    private void WriteHandles()
    {
        if (_dump.Handles.Count == 0)
        {
            return;
        }

        Title($"Handles ({Number(_dump.Handles.Count)})");
        foreach (DumpHandle handle in _dump.Handles)
        {
            _out.WriteLine($"  {handle.Number,6}  {Safe(handle.Kind),-8}  {Safe(handle.Name)}");
        }
    }

    private void WriteLines(string title, MinidumpStreamType type, char separator)
    {
        if (!_dump.LinuxFiles.TryGetValue(type, out string? text))
        {
            return;
        }

        Title(title);
        foreach (string line in text.Split(separator, StringSplitOptions.RemoveEmptyEntries))
        {
            _out.WriteLine($"  {Safe(line)}");
        }
    }

    private void WriteAnnotations()
    {
        if (_dump.Crashpad is not { } crashpad)
        {
            return;
        }

        Title($"Annotations ({Number(crashpad.Annotations.Count)})");
        WritePairs("  ", crashpad.Annotations);
        foreach (DumpModuleAnnotations module in crashpad.Modules)
        {
            string name = module.ModuleIndex < _dump.Modules.Count ? Safe(_dump.Modules[(int)module.ModuleIndex].FileName) : $"module {module.ModuleIndex}";
            _out.WriteLine($"  {name}:");
            WritePairs("    ", module.Simple);
            WritePairs("    ", module.Objects);
            foreach (string text in module.List)
            {
                _out.WriteLine($"    {Safe(text)}");
            }
        }
    }

    private void WritePairs(string indent, IReadOnlyDictionary<string, string> pairs)
    {
        foreach ((string key, string value) in pairs)
        {
            _out.WriteLine($"{indent}{Safe(key)} = {Safe(value)}");
        }
    }

    private void WriteSoftErrors()
    {
        if (_dump.SoftErrors.Count == 0)
        {
            return;
        }

        Title($"Left out or cut when the dump was made ({Number(_dump.SoftErrors.Count)})");
        foreach (DumpSoftError error in _dump.SoftErrors)
        {
            _out.WriteLine($"  {Safe(error.Text)}");
        }
    }

    private void WriteStreams()
    {
        Title($"Streams ({Number(_dump.Streams.Count)})");
        foreach (DumpStream stream in _dump.Streams)
        {
            _out.WriteLine($"  0x{(uint)stream.Type:x8}  {stream.Name,-18}  {Number(stream.Size),12} B at 0x{stream.Offset:x}");
        }
    }

    private void WriteProblems()
    {
        if (_dump.Streams.Sum(stream => stream.Problems.Count) is var count and > 0)
        {
            Title($"Problems ({Number(count)})");
            foreach (DumpStream stream in _dump.Streams)
            {
                foreach (string problem in stream.Problems)
                {
                    _out.WriteLine($"  {stream.Name}: {Safe(problem)}");
                }
            }
        }
    }

    private string Place(ulong address) => _dump.ModuleAt(address) is { } module
        ? $"{Safe(module.FileName)} + 0x{address - module.Address:x}"
        : $"0x{address:x}";

    private string Memory() => $"{Count(_dump.Memory.Count, "memory range")} of {Number((long)_dump.Memory.Aggregate(0UL, (sum, range) => sum + range.Size))} bytes";

    private static string Times(DumpProcess? process)
    {
        string started = process?.StartTime is { } start ? $", started {Utc(start)}" : "";
        string used = process?.UserTime is { } user && process.KernelTime is { } kernel
            ? string.Create(CultureInfo.InvariantCulture, $", {user.TotalSeconds} s in user mode, {kernel.TotalSeconds} s in the kernel")
            : "";
        return started + used;
    }

    private void Field(string name, string value) => _out.WriteLine($"{name,-10}  {value}");

    private void Title(string title)
    {
        _out.WriteLine();
        _out.WriteLine(title);
    }

    private static string Describe(uint threadId, string name) => name.Length == 0 ? $"thread {threadId}" : $"thread {threadId} ({Safe(name)})";

    private static string Safe(string text) => TerminalText.Escape(text);

    private static string Hex(ulong value) => $"0x{value:x16}";

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Count(long count, string one) => $"{Number(count)} {one}{(count == 1 ? "" : "s")}";

    private static string Utc(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
