using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Attach;

/// <summary>Attaches every .NET process of this user, and remembers which it has told of. Not itself, and no other crash-handler.</summary>
/// <param name="database">Of all of them; null: each one's own, see <see cref="ProcessAttach"/>.</param>
/// <param name="url">Where reports are sent; null: nowhere, unless a process says.</param>
/// <param name="covered">Asks which pids running handlers have, with the handlers' databases.</param>
internal sealed class AttachSweep(string? database, Uri? url, Func<IReadOnlyDictionary<int, string>> covered)
{
    private readonly HashSet<(int ProcessId, ulong StartTime, string Executable)> _settled = [];
    private readonly Dictionary<(int ProcessId, ulong StartTime, string Executable), int> _attempts = [];

    /// <summary>Whether some may do better at the next <see cref="Run"/>.</summary>
    public bool HasUnsettled { get; private set; }

    /// <summary>Goes over all processes once.</summary>
    /// <param name="attempts">How often one that does not answer, or has no port yet, is tried before it is told of: with each call once.</param>
    /// <returns>Those of which there is something to tell that was not told before.</returns>
    public IEnumerable<AttachAttempt> Run(int attempts)
    {
        HasUnsettled = false;
        List<AttachTarget> targets = [.. AttachCandidates.All().Where(target => !_settled.Contains(target.Identity))];
        IReadOnlyDictionary<int, string> known = targets.Count > 0 ? covered() : new Dictionary<int, string>();
        foreach (AttachTarget target in targets)
        {
            AttachAttempt attempt = Attach(target, known, out bool isFinal);
            int made = _attempts[target.Identity] = _attempts.GetValueOrDefault(target.Identity) + 1;
            if (isFinal || made >= attempts)
            {
                _settled.Add(target.Identity);
                _attempts.Remove(target.Identity);
                yield return attempt;
            }
            else
            {
                HasUnsettled = true;
            }
        }
    }

    /// <param name="target">The process.</param>
    /// <param name="known">Those that running handlers have.</param>
    /// <param name="isFinal">Whether another attempt cannot do better.</param>
    private AttachAttempt Attach(AttachTarget target, IReadOnlyDictionary<int, string> known, out bool isFinal)
    {
        isFinal = true;
        if (known.TryGetValue(target.ProcessId, out string? already))
        {
            return new AttachAttempt(target.ProcessId, target.Name, AttachResult.Covered, already, "");
        }

        try
        {
            AttachOutcome outcome = ProcessAttach.Run(target, database, url, known);
            return new AttachAttempt(target.ProcessId, target.Name, AttachResult.Attached, outcome.Database, outcome.Degraded);
        }
        catch (AttachException refused)
        {
            isFinal = refused.IsFinal;
            return new AttachAttempt(target.ProcessId, target.Name, refused.IsForGood ? AttachResult.NotAttachable : AttachResult.Failed, null, refused.Message);
        }
        catch (Exception failed) when (failed is SyscallException or IOException or UnauthorizedAccessException or DaemonException or Reports.DatabaseException)
        {
            // Its temporary directory, its handler: it is one of many, and the others go on.
            isFinal = false;
            return new AttachAttempt(target.ProcessId, target.Name, AttachResult.Failed, null, failed.Message);
        }
    }
}
