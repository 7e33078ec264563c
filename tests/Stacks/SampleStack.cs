using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Tests.Stacks;

/// <summary>Stacks in short: <c>lib.so!name</c> and <c>lib.so!</c> (no name) are native, <c>[Name]</c> is a transition, all else managed.</summary>
internal static class SampleStack
{
    public static StackFrame Frame(string text, int at = 0)
    {
        ulong place = 0x7f00_0000_1000UL + (ulong)(at * 16);
        if (text.StartsWith('['))
        {
            return new StackFrame { Kind = StackFrameKind.Transition, Origin = StackFrameOrigin.Runtime, Method = text[1..^1], Ip = place, Sp = place };
        }

        int mark = text.IndexOf('!');
        return mark < 0
            ? new StackFrame { Kind = StackFrameKind.Managed, Origin = StackFrameOrigin.Runtime, Method = text, Module = "/opt/app/app.dll", Ip = place, Sp = place }
            : new StackFrame
            {
                Kind = StackFrameKind.Native,
                Origin = StackFrameOrigin.UnwindTable,
                Method = mark + 1 < text.Length ? text[(mark + 1)..] : null,
                Module = text[..mark] is var module && module.Contains('\\') ? module : "/usr/lib/" + module,
                ModuleOffset = place & 0xffff,
                Ip = place,
                Sp = place,
            };
    }

    public static StackFrame[] Frames(params string[] texts) => [.. texts.Select(Frame)];

    public static StackException Exception(string type, params string[] frames) => new() { Type = type, Message = "no matter", Frames = Frames(frames) };

    public static StackDocument Document(StackException? exception, params string[] frames) => Document(exception, Frames(frames));

    public static StackDocument Document(StackException? exception, StackFrame[] frames) => new()
    {
        Source = StackSource.Walk,
        Exception = exception,
        Threads = [new StackThread { ThreadId = 7 }, new StackThread { ThreadId = 71, Crashed = true, Frames = frames, FrameCount = frames.Length }],
    };
}
