using System.Text;
using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Stacks;

/// <summary>An exception as far as <see cref="ExceptionText"/> has read it.</summary>
/// <param name="type">Full name of its type.</param>
/// <param name="isAggregated">It is a later one of an AggregateException's, which end in a way of their own.</param>
internal sealed class ExceptionTextPart(string type, bool isAggregated)
{
    private const string Cut = "its stack or message was longer; the rest is left out";

    private readonly List<StackFrame> _frames = [];
    private bool _isCut;

    public bool IsAggregated => isAggregated;

    public StringBuilder Message { get; } = new();

    public int? HResult { get; init; }

    public List<ExceptionTextPart> Inner { get; } = [];

    /// <summary>Its message may go on: nothing else of it came yet.</summary>
    public bool IsHead { get; set; } = true;

    /// <summary>Adds a frame, if there is room.</summary>
    public void Add(StackFrame frame)
    {
        if (_frames.Count < StacksLimits.KeptFrames)
        {
            _frames.Add(frame);
        }
        else
        {
            _isCut = true;
        }
    }

    /// <summary>The exception of the document.</summary>
    /// <param name="problem">What is wrong with it as a whole; null: nothing.</param>
    public StackException ToException(string? problem = null)
    {
        string whole = Message.ToString();
        string message = Utf8Text.Cut(whole, StacksLimits.MessageBytes);
        return new StackException
        {
            Type = type,
            Message = message,
            HResult = HResult,
            Frames = _frames,
            Inner = [.. Inner.Select(inner => inner.ToException())],
            Problem = problem ?? (_isCut || message.Length < whole.Length ? Cut : null),
        };
    }
}
