namespace CrashHandler.Tests.EndToEnd.Troubles;

/// <summary>A verb with its arguments, and what it makes of every trouble.</summary>
/// <param name="kind">What it does with a database: says what is to be expected of it.</param>
/// <param name="command">
/// Its words. <c>{database}</c>, <c>{id}</c>, <c>{dump}</c> (a report's), <c>{out}</c> (a file to be made), <c>{pid}</c> (any process), <c>{dotnet}</c> (one to be attached) and <c>{file}</c> (some
/// text) are what the troubles are about. With <c>[--json]</c> it is two rows.
/// </param>
/// <param name="others">What is otherwise than its kind says.</param>
internal sealed class VerbRow(VerbKind kind, string command, params (Trouble Trouble, VerbCell Cell)[] others)
{
    private const string MaybeJson = " [--json]";

    public VerbKind Kind { get; } = kind;

    public string Command { get; } = command;

    /// <summary>Whether it goes on after its first line, until it is interrupted.</summary>
    public bool Stays { get; init; }

    /// <summary>Whom it runs as, but where a trouble needs root.</summary>
    public string Identity { get; init; } = Identities.User;

    public bool IsJson => Command.Contains("--json", StringComparison.Ordinal);

    /// <summary>This row, or the two that it stands for.</summary>
    public IEnumerable<VerbRow> Each()
        => Command.Contains(MaybeJson, StringComparison.Ordinal) ? [With(Command.Replace(MaybeJson, "", StringComparison.Ordinal)), With(Command.Replace(MaybeJson, " --json", StringComparison.Ordinal))] : [this];

    public VerbCell Of(Trouble trouble)
    {
        foreach ((Trouble other, VerbCell cell) in others)
        {
            if (other == trouble)
            {
                return cell;
            }
        }

        return trouble switch
        {
            Trouble.WrongId or Trouble.AmbiguousId or Trouble.EmptyId or Trouble.BrokenRecord => If("{id}", VerbOutcome.Fails, "it takes no id"),
            Trouble.WrongPid => Has("{dotnet}") ? VerbOutcome.Fails : If("{pid}", VerbOutcome.Fails, "it takes no pid"),
            Trouble.OutputIsThere or Trouble.OutputNowhere or Trouble.OutputReadOnly or Trouble.OutputFullDisk => If("{out}", VerbOutcome.Fails, "it makes no file of a name of its caller's"),
            Trouble.OutputUnnamed => If("{out}", VerbOutcome.IsWrongUsage, "it makes no file of a name of its caller's"),
            Trouble.FullStandardOutput or Trouble.ClosedStandardOutput => OfOutput(trouble),
            Trouble.DatabaseUnnamed => If("{database}", VerbOutcome.IsWrongUsage, "it takes no database"),
            Trouble.NoDump or Trouble.HalfDump or Trouble.DumpIsText when Has("{id}") || Has("{dump}") => VerbOutcome.Fails,
            _ => OfDatabase(trouble),
        };
    }

    private VerbCell OfOutput(Trouble trouble) => (Of(Trouble.None).Outcome, trouble) switch
    {
        (VerbOutcome.Works, Trouble.ClosedStandardOutput) => VerbOutcome.IsEnded,
        // What was made beside it is told of in vain.
        (VerbOutcome.Works, _) when Has("{out}") => "OutputTests: the file is made, and the exit code is 1",
        (VerbOutcome.Works, _) => Kind is VerbKind.Changes or VerbKind.Deletes or VerbKind.Makes ? VerbOutcome.FailsForNow : VerbOutcome.Fails,
        _ => "nothing is done here that it could write of",
    };

    private VerbCell OfDatabase(Trouble trouble) => (Kind, trouble) switch
    {
        (VerbKind.Apart, _) => "it has nothing to do with a database's files",
        (VerbKind.Makes, Trouble.DatabaseIsFile or Trouble.AnothersDatabase or Trouble.RootLooks) => VerbOutcome.Fails,
        (VerbKind.Makes, Trouble.BrokenOtherRecord or Trouble.BrokenRecord or Trouble.NoDump or Trouble.HalfDump or Trouble.DumpIsText) => "reports that are there are the handler's, and QuarantineTests'",
        (_, Trouble.FullDisk) when Stays => "'exec' has the same handler, and what looks writes nothing there",
        // A database that is its user's it makes his to write, whatever became of its modes; what it cannot write now it writes when there is room.
        (VerbKind.Makes, _) => VerbOutcome.Works,
        (_, Trouble.NoDatabase or Trouble.DatabaseIsFile or Trouble.DatabaseIsEmpty or Trouble.AnothersDatabase) => VerbOutcome.Fails,
        (VerbKind.Changes or VerbKind.Deletes, Trouble.BrokenSettings or Trouble.ReadOnlyDatabase or Trouble.FullDisk) => VerbOutcome.Fails,
        _ => VerbOutcome.Works,
    };

    private VerbCell If(string place, VerbOutcome outcome, string why) => Has(place) ? outcome : why;

    private bool Has(string place) => Command.Contains(place, StringComparison.Ordinal);

    private VerbRow With(string command) => new(Kind, command, others) { Stays = Stays, Identity = Identity };
}
