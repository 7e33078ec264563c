namespace CrashHandler.Handler.Stacks.Request;

/// <summary>The yes-or-no members of a <see cref="WalkRequest"/>.</summary>
[Flags]
internal enum WalkRequestFlags : uint
{
    None = 0,
    HasOwnRoot = 1,
    IsDotNet = 2,
    HasCrashed = 4,
    LeavesOutMessages = 8,

    /// <summary>All of them: another bit is a mix-up.</summary>
    All = HasOwnRoot | IsDotNet | HasCrashed | LeavesOutMessages,
}
