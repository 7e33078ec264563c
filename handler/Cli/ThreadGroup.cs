using System.Text;
using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Cli;

/// <summary>Threads whose stacks look the same: of a pool that waits, one is news.</summary>
/// <param name="Threads">The threads, at least one.</param>
internal sealed record ThreadGroup(IReadOnlyList<StackThread> Threads)
{
    /// <summary>One of them.</summary>
    public StackThread Example => Threads[0];

    /// <summary>Groups threads, in the order of each group's first.</summary>
    /// <param name="threads">The threads.</param>
    /// <param name="from">Index of the first that counts.</param>
    public static IReadOnlyList<ThreadGroup> Of(IReadOnlyList<StackThread> threads, int from)
    {
        // No LINQ in here: each of its types over types of ours is private memory of every idle handler.
        Dictionary<string, List<StackThread>> alike = [];
        List<ThreadGroup> groups = [];
        for (int i = from; i < threads.Count; i++)
        {
            string key = Key(threads[i]);
            if (!alike.TryGetValue(key, out List<StackThread>? members))
            {
                alike.Add(key, members = []);
                groups.Add(new ThreadGroup(members));
            }

            members.Add(threads[i]);
        }

        return groups;
    }

    private static string Key(StackThread thread)
    {
        StringBuilder key = new();
        key.Append(thread.Exception?.Type).Append('\n').Append(thread.Problem);
        foreach (StackFrame frame in thread.Frames)
        {
            key.Append('\n').Append(Key(frame));
        }

        return key.ToString();
    }

    private static string Key(StackFrame frame) => $"{frame.Kind} {frame.Module}!{frame.Method}+{(frame.Method is null ? frame.ModuleOffset : 0):x} {frame.Line} {frame.Run?.Times}";
}
