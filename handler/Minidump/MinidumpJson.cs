using System.Text.Json;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Minidump;

/// <summary>A minidump as JSON, in the shape that README.md documents. Addresses are texts such as <c>"0x7f00"</c>: JSON's readers lose 64-bit numbers.</summary>
internal static class MinidumpJson
{
    /// <summary>Writes one indented document and a line break.</summary>
    public static void Write(Stream destination, MinidumpFile dump)
    {
        using (Utf8JsonWriter writer = new(destination, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            Write(writer, dump);
        }

        destination.WriteByte((byte)'\n');
    }

    /// <summary>Writes one object.</summary>
    public static void Write(Utf8JsonWriter writer, MinidumpFile dump)
    {
        writer.WriteStartObject();
        writer.WriteString("time", dump.Time.UtcDateTime);
        writer.WriteNumber("size", dump.FileSize);
        Hex(writer, "flags", dump.Header.Flags);
        Optional(writer, "reason", dump.Exception?.Reason);
        Number(writer, "processId", dump.ProcessId);
        WriteSystem(writer, dump.System);
        WriteProcess(writer, dump.Process);
        WriteException(writer, dump.Exception);
        WriteThreads(writer, dump);
        WriteModules(writer, dump);
        WriteUnloadedModules(writer, dump);
        WriteMemory(writer, dump);
        WriteMemoryInfo(writer, dump);
        WriteHandles(writer, dump);
        Number(writer, "requestingThread", dump.RequestingThread);
        Number(writer, "dumpingThread", dump.DumpingThread);
        WriteCrashpad(writer, dump.Crashpad);
        WriteFiles(writer, dump);
        WriteSoftErrors(writer, dump);
        WriteStreams(writer, dump);
        writer.WriteEndObject();
    }

    /// <summary>Writes the property <c>threads</c>, the crashed one first; also for documents of others.</summary>
    public static void WriteThreads(Utf8JsonWriter writer, MinidumpFile dump)
    {
        writer.WriteStartArray("threads");
        foreach (DumpThread thread in dump.Threads.OrderByDescending(thread => thread.Id == dump.Exception?.ThreadId))
        {
            Amd64Context? context = dump.ContextOf(thread);
            writer.WriteStartObject();
            writer.WriteNumber("id", thread.Id);
            writer.WriteString("name", thread.Name);
            writer.WriteBoolean("crashed", thread.Id == dump.Exception?.ThreadId);
            Optional(writer, "instruction", context is { } known ? Hex(known.Rip) : null);
            Optional(writer, "module", context is { } placed ? dump.ModuleAt(placed.Rip)?.Path : null);
            Hex(writer, "teb", thread.Teb);
            writer.WriteStartObject("stack");
            Hex(writer, "address", thread.Stack.Address);
            writer.WriteNumber("size", thread.Stack.Size);
            writer.WriteEndObject();
            WriteTimes(writer, thread.Times);
            WriteRegisters(writer, context);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteTimes(Utf8JsonWriter writer, DumpThreadTimes? times)
    {
        if (times is null)
        {
            return;
        }

        writer.WriteStartObject("life");
        Hex(writer, "startAddress", times.StartAddress);
        Optional(writer, "created", times.Created?.UtcDateTime.ToString("O"));
        Number(writer, "userSeconds", times.UserTime.TotalSeconds);
        Number(writer, "kernelSeconds", times.KernelTime.TotalSeconds);
        writer.WriteEndObject();
    }

    /// <summary>Writes the property <c>modules</c>, in the dump's order; also for documents of others.</summary>
    public static void WriteModules(Utf8JsonWriter writer, MinidumpFile dump)
    {
        writer.WriteStartArray("modules");
        foreach (DumpModule module in dump.Modules)
        {
            writer.WriteStartObject();
            writer.WriteString("path", module.Path);
            Hex(writer, "address", module.Address);
            writer.WriteNumber("size", module.Size);
            writer.WriteString("version", module.Version);
            writer.WriteString("codeId", module.CodeId);
            writer.WriteString("debugId", module.DebugId);
            writer.WriteString("debugFile", module.DebugFile);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteUnloadedModules(Utf8JsonWriter writer, MinidumpFile dump)
    {
        writer.WriteStartArray("unloadedModules");
        foreach (DumpUnloadedModule module in dump.UnloadedModules)
        {
            writer.WriteStartObject();
            writer.WriteString("name", module.Name);
            Hex(writer, "address", module.Address);
            writer.WriteNumber("size", module.Size);
            writer.WriteString("codeId", module.CodeId);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteSystem(Utf8JsonWriter writer, DumpSystem? system)
    {
        if (system is null)
        {
            writer.WriteNull("system");
            return;
        }

        writer.WriteStartObject("system");
        writer.WriteString("platform", system.Platform);
        writer.WriteString("version", system.Version);
        writer.WriteString("description", system.Description);
        writer.WriteString("architecture", system.Architecture);
        writer.WriteString("cpuVendor", system.CpuVendor);
        writer.WriteNumber("cpuFamily", system.Record.ProcessorLevel);
        writer.WriteNumber("cpuModel", system.Record.ProcessorRevision >> 8);
        writer.WriteNumber("cpuStepping", system.Record.ProcessorRevision & 0xFF);
        writer.WriteNumber("processors", system.Record.NumberOfProcessors);
        writer.WriteEndObject();
    }

    private static void WriteProcess(Utf8JsonWriter writer, DumpProcess? process)
    {
        if (process is null)
        {
            writer.WriteNull("process");
            return;
        }

        writer.WriteStartObject("process");
        Optional(writer, "started", process.StartTime?.UtcDateTime.ToString("O"));
        Number(writer, "userSeconds", process.UserTime?.TotalSeconds);
        Number(writer, "kernelSeconds", process.KernelTime?.TotalSeconds);
        Optional(writer, "timeZone", process.TimeZone);
        Number(writer, "timeZoneBiasMinutes", process.TimeZoneBias);
        Optional(writer, "build", process.Build);
        Optional(writer, "writer", process.Writer);
        writer.WriteEndObject();
    }

    private static void WriteException(Utf8JsonWriter writer, DumpException? exception)
    {
        if (exception is null)
        {
            writer.WriteNull("exception");
            return;
        }

        writer.WriteStartObject("exception");
        writer.WriteNumber("thread", exception.ThreadId);
        writer.WriteString("reason", exception.Reason);
        writer.WriteNumber("code", exception.Code);
        writer.WriteNumber("flags", exception.Flags);
        Hex(writer, "address", exception.Address);
        writer.WriteStartArray("parameters");
        foreach (ulong parameter in exception.Parameters)
        {
            writer.WriteStringValue(Hex(parameter));
        }

        writer.WriteEndArray();
        WriteRegisters(writer, exception.Context);
        writer.WriteEndObject();
    }

    private static void WriteRegisters(Utf8JsonWriter writer, Amd64Context? context)
    {
        if (context is not { } known)
        {
            writer.WriteNull("registers");
            return;
        }

        writer.WriteStartObject("registers");
        foreach ((string name, ulong value) in Amd64RegisterNames.Of(known))
        {
            Hex(writer, name, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteMemory(Utf8JsonWriter writer, MinidumpFile dump)
    {
        writer.WriteStartArray("memory");
        foreach (DumpMemoryRange range in dump.Memory)
        {
            writer.WriteStartObject();
            Hex(writer, "address", range.Address);
            writer.WriteNumber("size", range.Size);
            writer.WriteNumber("offset", range.Offset);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteMemoryInfo(Utf8JsonWriter writer, MinidumpFile dump)
    {
        writer.WriteStartArray("memoryInfo");
        foreach (DumpMemoryInfo range in dump.MemoryInfo)
        {
            writer.WriteStartObject();
            Hex(writer, "address", range.Address);
            writer.WriteNumber("size", range.Size);
            writer.WriteString("state", range.StateName);
            writer.WriteString("type", range.TypeName);
            writer.WriteString("permissions", range.Permissions);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteHandles(Utf8JsonWriter writer, MinidumpFile dump)
    {
        writer.WriteStartArray("handles");
        foreach (DumpHandle handle in dump.Handles)
        {
            writer.WriteStartObject();
            writer.WriteNumber("number", handle.Number);
            writer.WriteString("kind", handle.Kind);
            writer.WriteString("name", handle.Name);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteCrashpad(Utf8JsonWriter writer, DumpCrashpadInfo? crashpad)
    {
        if (crashpad is null)
        {
            writer.WriteNull("crashpad");
            return;
        }

        writer.WriteStartObject("crashpad");
        writer.WriteString("reportId", crashpad.ReportId);
        writer.WriteString("clientId", crashpad.ClientId);
        WritePairs(writer, "annotations", crashpad.Annotations);
        writer.WriteStartArray("modules");
        foreach (DumpModuleAnnotations module in crashpad.Modules)
        {
            writer.WriteStartObject();
            writer.WriteNumber("module", module.ModuleIndex);
            WritePairs(writer, "simple", module.Simple);
            WritePairs(writer, "objects", module.Objects);
            writer.WriteStartArray("list");
            foreach (string text in module.List)
            {
                writer.WriteStringValue(text);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WritePairs(Utf8JsonWriter writer, string property, IReadOnlyDictionary<string, string> pairs)
    {
        writer.WriteStartObject(property);
        foreach ((string key, string value) in pairs)
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteFiles(Utf8JsonWriter writer, MinidumpFile dump)
    {
        writer.WriteStartObject("files");
        foreach ((MinidumpStreamType type, string text) in dump.LinuxFiles)
        {
            writer.WriteString(type.ToString(), text);
        }

        writer.WriteEndObject();
    }

    private static void WriteSoftErrors(Utf8JsonWriter writer, MinidumpFile dump)
    {
        writer.WriteStartArray("softErrors");
        foreach (DumpSoftError error in dump.SoftErrors)
        {
            writer.WriteRawValue(error.Json);
        }

        writer.WriteEndArray();
    }

    private static void WriteStreams(Utf8JsonWriter writer, MinidumpFile dump)
    {
        writer.WriteStartArray("streams");
        foreach (DumpStream stream in dump.Streams)
        {
            writer.WriteStartObject();
            writer.WriteString("name", stream.Name);
            writer.WriteNumber("type", (uint)stream.Type);
            writer.WriteNumber("size", stream.Size);
            writer.WriteNumber("offset", stream.Offset);
            writer.WriteStartArray("problems");
            foreach (string problem in stream.Problems)
            {
                writer.WriteStringValue(problem);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void Optional(Utf8JsonWriter writer, string property, string? text)
    {
        if (text is null)
        {
            writer.WriteNull(property);
        }
        else
        {
            writer.WriteString(property, text);
        }
    }

    private static void Number(Utf8JsonWriter writer, string property, double? number)
    {
        if (number is { } known)
        {
            writer.WriteNumber(property, known);
        }
        else
        {
            writer.WriteNull(property);
        }
    }

    private static void Hex(Utf8JsonWriter writer, string property, ulong value) => writer.WriteString(property, Hex(value));

    private static string Hex(ulong value) => $"0x{value:x}";
}
