using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Managed;

/// <summary>What a walk is given: no more handles than these.</summary>
/// <param name="Request">A section with the encoded <see cref="Stacks.WalkRequest"/>, to read.</param>
/// <param name="RequestBytes">How long that is.</param>
/// <param name="Answer">A section for the answer, to write.</param>
/// <param name="Process">The process, to read its memory and to ask for its rights.</param>
internal sealed record WalkHandles(FileDescriptor Request, int RequestBytes, FileDescriptor Answer, FileDescriptor Process);
