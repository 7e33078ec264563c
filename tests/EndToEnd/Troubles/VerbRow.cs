namespace CrashHandler.Tests.EndToEnd.Troubles;

/// <summary>A verb with its arguments, and what it makes of every trouble.</summary>
/// <param name="kind">What it does with a database: says what is to be expected of it.</param>
/// <param name="command">
/// Its words. <c>{database}</c>, <c>{id}</c>, <c>{dump}</c> (a report's), <c>{out}</c> (a file to be made), <c>{pid}</c> and <c>{file}</c> (some text) are what the troubles are about.
/// </param>
/// <param name="others">What is otherwise than its kind says.</param>
internal sealed class VerbRow(VerbKind kind, string command, params (Trouble Trouble, VerbOutcome Outcome)[] others)
{
    public VerbKind Kind { get; } = kind;

    public string Command { get; } = command;

    public VerbOutcome Of(Trouble trouble)
    {
        foreach ((Trouble other, VerbOutcome outcome) in others)
        {
            if (other == trouble)
            {
                return outcome;
            }
        }

        return trouble switch
        {
            Trouble.WrongId or Trouble.AmbiguousId or Trouble.EmptyId or Trouble.BrokenRecord => If("{id}", VerbOutcome.Fails),
            Trouble.WrongPid => If("{pid}", VerbOutcome.Fails),
            Trouble.OutputIsThere or Trouble.OutputNowhere or Trouble.OutputReadOnly or Trouble.OutputFullDisk => If("{out}", VerbOutcome.Fails),
            Trouble.OutputUnnamed => If("{out}", VerbOutcome.IsWrongUsage),
            // What was made beside it is told of in vain.
            Trouble.FullStandardOutput when Of(Trouble.None) == VerbOutcome.Works => Has("{out}") ? VerbOutcome.Apart : Kind is VerbKind.Changes or VerbKind.Deletes ? VerbOutcome.FailsForNow : VerbOutcome.Fails,
            Trouble.ClosedStandardOutput when Of(Trouble.None) == VerbOutcome.Works => VerbOutcome.IsEnded,
            Trouble.FullStandardOutput or Trouble.ClosedStandardOutput => VerbOutcome.Apart,
            Trouble.DatabaseUnnamed => If("{database}", VerbOutcome.IsWrongUsage),
            Trouble.NoDump or Trouble.HalfDump or Trouble.DumpIsText when Has("{id}") || Has("{dump}") => VerbOutcome.Fails,
            _ => OfDatabase(trouble),
        };
    }

    private VerbOutcome OfDatabase(Trouble trouble) => (Kind, trouble) switch
    {
        (VerbKind.Apart, _) => VerbOutcome.Apart,
        (VerbKind.Makes, Trouble.DatabaseIsFile or Trouble.AnothersDatabase) => VerbOutcome.Fails,
        // One that is its user's it makes his to write, whatever became of its modes.
        (VerbKind.Makes, _) => VerbOutcome.Apart,
        (_, Trouble.NoDatabase or Trouble.DatabaseIsFile or Trouble.DatabaseIsEmpty or Trouble.AnothersDatabase) => VerbOutcome.Fails,
        (VerbKind.Changes or VerbKind.Deletes, Trouble.BrokenSettings or Trouble.ReadOnlyDatabase or Trouble.FullDisk) => VerbOutcome.Fails,
        _ => VerbOutcome.Works,
    };

    private VerbOutcome If(string place, VerbOutcome outcome) => Has(place) ? outcome : VerbOutcome.Apart;

    private bool Has(string place) => Command.Contains(place, StringComparison.Ordinal);
}
