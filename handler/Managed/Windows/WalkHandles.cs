using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Managed;

/// <summary>What a walk is given: no more handles than these.</summary>
/// <param name="Request">A section with the encoded <see cref="Stacks.WalkRequest"/>, to read.</param>
/// <param name="RequestBytes">How long that is.</param>
/// <param name="Answer">A section for the answer, to write.</param>
/// <param name="Process">The process, to read its memory and to ask for its rights.</param>
internal sealed record WalkHandles(FileDescriptor Request, int RequestBytes, FileDescriptor Answer, FileDescriptor Process)
{
    /// <summary>How many numbers they are.</summary>
    public const int Count = 4;

    /// <summary>In this order.</summary>
    public static WalkHandles Of(ReadOnlySpan<int> numbers) => new(new FileDescriptor(numbers[0]), numbers[1], new FileDescriptor(numbers[2]), new FileDescriptor(numbers[3]));

    /// <summary>In the same order.</summary>
    public int[] Numbers() => [Request.Number, RequestBytes, Answer.Number, Process.Number];
}
