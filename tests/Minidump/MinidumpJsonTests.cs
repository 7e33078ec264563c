using System.Text.Json;
using CrashHandler.Handler.Minidump;
using Xunit;

namespace CrashHandler.Tests.Minidump;

public sealed class MinidumpJsonTests
{
    [Fact]
    public void HasTheDocumentedShape()
    {
        using JsonDocument document = Json(SampleSnapshot.Dump(SampleSnapshot.Create()));
        JsonElement root = document.RootElement;
        Assert.Equal(
            ["time", "size", "flags", "reason", "processId", "system", "process", "exception", "threads", "modules", "unloadedModules", "memory", "memoryInfo", "handles", "requestingThread", "dumpingThread", "crashpad", "files", "softErrors", "streams"],
            root.EnumerateObject().Select(property => property.Name));
        Assert.Equal("SIGSEGV /SEGV_MAPERR", root.GetProperty("reason").GetString());
        Assert.Equal(70, root.GetProperty("processId").GetInt32());
        Assert.Equal("2026-11-23T01:02:03Z", root.GetProperty("time").GetString());
        Assert.Equal("Linux", root.GetProperty("system").GetProperty("platform").GetString());
        Assert.Equal(12, root.GetProperty("process").GetProperty("userSeconds").GetInt32());

        JsonElement exception = root.GetProperty("exception");
        Assert.Equal(71, exception.GetProperty("thread").GetInt32());
        Assert.Equal("0x0", exception.GetProperty("address").GetString());
        Assert.Equal("0x555500001000", exception.GetProperty("registers").GetProperty("rip").GetString());

        JsonElement thread = root.GetProperty("threads")[0];
        Assert.Equal(["id", "name", "crashed", "instruction", "module", "teb", "stack", "registers"], thread.EnumerateObject().Select(property => property.Name));
        Assert.True(thread.GetProperty("crashed").GetBoolean());
        Assert.Equal("/opt/app/app", thread.GetProperty("module").GetString());
        Assert.Equal(1_024, thread.GetProperty("stack").GetProperty("size").GetInt32());

        JsonElement module = root.GetProperty("modules")[0];
        Assert.Equal(["path", "address", "size", "version", "codeId", "debugId", "debugFile"], module.EnumerateObject().Select(property => property.Name));
        Assert.Equal("Größe 🦖", root.GetProperty("crashpad").GetProperty("annotations").GetProperty("_productName").GetString());
        Assert.Equal("tid 99", root.GetProperty("softErrors")[0].GetProperty("ThreadRegisters").GetProperty("subject").GetString());
        Assert.Equal("/opt/app/app\0--first\0", root.GetProperty("files").GetProperty("LinuxCmdLine").GetString());
        Assert.Equal(16, root.GetProperty("streams").GetArrayLength());
    }

    [Fact]
    public void WhatIsNotKnownIsNull()
    {
        using JsonDocument document = Json(RawDump.Header(0));
        foreach (string property in new[] { "reason", "processId", "system", "process", "exception", "crashpad" })
        {
            Assert.Equal(JsonValueKind.Null, document.RootElement.GetProperty(property).ValueKind);
        }
    }

    private static JsonDocument Json(byte[] bytes)
    {
        using MemoryStream stream = new();
        MinidumpJson.Write(stream, MinidumpFile.Read(bytes));
        return JsonDocument.Parse(stream.ToArray());
    }
}
