using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Request;

/// <summary>How an encoded <see cref="WalkRequest"/> begins; 44 bytes. What follows is in <see cref="WalkRequestCodec"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct WalkRequestHeader
{
    public const int Size = 44;

    /// <summary>Where <see cref="LimitMilliseconds"/> stands: each walk of one request is told what is left for it.</summary>
    public const int LimitOffset = 28;

    /// <summary><c>CHWR</c>.</summary>
    public const uint RequestMagic = 0x52574843;

    /// <summary>Handler and walk are of one build: another version is a mix-up, and refused.</summary>
    public const uint CurrentVersion = 1;

    public uint Magic { get; init; }
    public uint Version { get; init; }
    public WalkRequestFlags Flags { get; init; }
    public int ProcessId { get; init; }
    public uint UserId { get; init; }
    public uint GroupId { get; init; }
    public int Signal { get; init; }
    public uint LimitMilliseconds { get; init; }
    public int ThreadCount { get; init; }
    public int ModuleCount { get; init; }
    public int MapsLength { get; init; }
}
