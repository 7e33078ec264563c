namespace CrashHandler.Tests.Managed;

/// <summary>Every kind of death of tests/victims/StackVictim with its stacks, by hand from its source. What the runtime prints of its own is compared with them.</summary>
internal static class KnownChains
{
    private const string InvalidOperation = "System.InvalidOperationException";
    private const string Message = "the victim's exception";
    private const int InvalidOperationResult = unchecked((int)0x8013_1509);
    private const int FormatResult = unchecked((int)0x8013_1537);
    private const int ArgumentResult = unchecked((int)0x8007_0057);
    private const int NullReferenceResult = unchecked((int)0x8000_4003);
    private const int AggregateResult = unchecked((int)0x8013_1500);
    private const int SIGSEGV = 11;

    private static readonly KnownFrame s_main = new("Program.<Main>$", "main");
    private static readonly KnownFrame s_throw = new("Deaths.Throw", "throw");
    private static readonly KnownFrame s_fault = new("death_fault", null);
    private static readonly KnownFrame s_overflowMain = new("Overflows.OnMain", "overflow-main");
    private static readonly KnownFrame s_overflowCycle = new("Overflows.CycleOnMain", "overflow-cycle");
    private static readonly KnownFrame s_overflowJoin = new("Overflows.OnThread", "overflow-join");
    private static readonly KnownFrame s_descend = new("Overflows.Descend", "descend");
    private static readonly KnownFrame[] s_cycle =
        [new("Overflows.Third", "cycle-third"), new("Overflows.Second", "cycle-second"), new("Overflows.First", "cycle-first")];

    /// <summary>The thirteen kinds of death.</summary>
    public static readonly KnownChain[] Kinds =
    [
        Unhandled("unhandled-main", s_throw, new("Deaths.UnhandledMain", "unhandled-main"), s_main),
        Unhandled("unhandled-thread", s_throw) with
        {
            Others = [new(null, [new("Deaths.OnThread", "join"), new("Deaths.UnhandledThread", "unhandled-thread"), s_main])],
        },
        NullReference(new("Deaths.Length", "length"), new("Deaths.UnhandledNull", "unhandled-null"), s_main),
        new("fail-fast", [new("Deaths.FailFast", "fail-fast"), s_main]) { IsPrinted = true },
        new("overflow-main", [s_overflowMain, s_main]) { Run = new([s_descend], false), IsPrinted = true },
        new("overflow-thread", [s_overflowMain])
        {
            Run = new([s_descend], false),
            IsPrinted = true,
            Others = [new(null, [s_overflowJoin, new("Overflows.OnThread", "overflow-thread"), s_main])],
        },
        new("native-fault", [s_fault, new("Deaths.NativeFault", "native-fault"), s_main]),
        new("managed-pointer", [new("Deaths.Store", "store"), new("Deaths.ManagedPointer", "managed-pointer"), s_main]) { IsPrinted = true },
        new("native-abort", [new("death_abort", null), new("Deaths.NativeAbort", "native-abort"), s_main]),
        new("segv-sent-twice", [new("Program.<Main>$", "main-waits")]) { Sent = SIGSEGV },
        new("fpe-raised-twice", [new("death_raise", null), new("Deaths.RaiseTwice", "raise-twice"), s_main]),
        new("raised-trap", [new("death_raise", null), new("Deaths.RaiseTrap", "raise-trap"), s_main]),
        new("native-bus", [s_fault, new("Deaths.NativeBus", "native-bus"), s_main]),
    ];

    /// <summary>Shapes of code, and situations.</summary>
    public static readonly KnownChain[] Shapes =
    [
        new("overflow-cycle-main", [s_overflowCycle, s_main]) { Run = new(s_cycle, false), IsPrinted = true },
        new("overflow-cycle-thread", [s_overflowCycle])
        {
            Run = new(s_cycle, false),
            IsPrinted = true,
            Others = [new(null, [s_overflowJoin, new("Overflows.CycleOnThread", "overflow-cycle-thread"), s_main])],
        },
        new("overflow-deep", []) { Run = new([new("Overflows.DescendFar", "descend-far")], true) },
        Unhandled(
            "generics",
            new("Generics.Throw", "generics-throw"),
            // Code for references is shared: which they are, the runtime may not know.
            new("Box.Put", "box-of-references"),
            new("Box.Put", "box-of-values") { Arguments = ["System.Int32", "System.Double"] },
            new("Generics.Run", "generics"),
            s_main),
        Saying(
            "lambdas",
            $"{Message} 17",
            new("Lambdas.<>c.<Run>b__*", "lambda-inner"),
            new("Lambdas.<>c__DisplayClass*.<Run>b__*", "lambda-outer"),
            new("Lambdas.Run", "lambdas"),
            s_main),
        Saying(
            "local-function",
            $"{Message} 17",
            new("LocalFunctions.<Run>g__Inner|*", "local-inner"),
            new("LocalFunctions.<Run>g__Outer|*", "local-outer"),
            new("LocalFunctions.Run", "local-functions"),
            s_main),
        // The methods had returned to their caller long ago: only the exception knows them.
        new("async", [new("AsyncMethods.Run", "async"), s_main])
        {
            IsPrinted = true,
            Exception = new(InvalidOperation, Message, InvalidOperationResult,
            [
                new("AsyncMethods.Third", "async-third"), new("AsyncMethods.Second", "async-second"), new("AsyncMethods.First", "async-first"),
                new("AsyncMethods.Run", "async"), s_main,
            ]),
        },
        Unhandled(
            "iterator",
            s_throw,
            new("Iterators.Numbers", "iterator-inner"),
            new("Iterators.Doubled", "iterator-outer"),
            new("Iterators.Run", "iterators"),
            s_main),
        Unhandled("finalizer", s_throw, new("Finalizable.Finalize", "finalizer")) with
        {
            Kinds = ["finalizer"],
            Others = [new(null, [new("Finalizers.Run", "finalizers"), s_main])],
        },
        Unhandled("thread-pool", s_throw, new("PoolCallbacks.<>c.<Run>b__*", "pool-callback")) with
        {
            Kinds = ["threadpool"],
            Others = [new(null, [new("PoolCallbacks.Run", "pool-waits"), s_main])],
        },
        // A catch block runs on top of what threw, whose frames stand there until it ends: each exception was thrown out of one.
        new("inner-exceptions",
        [
            new("InnerExceptions.Run", "inner-outermost"), new("InnerExceptions.Middle", "inner-middle"), new("InnerExceptions.Innermost", "inner-innermost"),
            new("InnerExceptions.Middle", "inner-middle-call"), new("InnerExceptions.Run", "inner-run"), s_main,
        ])
        {
            IsPrinted = true,
            Exception = new(InvalidOperation, "the outer one", InvalidOperationResult, [new("InnerExceptions.Run", "inner-outermost"), s_main])
            {
                Inner =
                [
                    new("System.ArgumentException", "the middle one", ArgumentResult,
                        [new("InnerExceptions.Middle", "inner-middle"), new("InnerExceptions.Run", "inner-run")])
                    {
                        Inner =
                        [
                            new("System.FormatException", "the innermost one", FormatResult,
                                [new("InnerExceptions.Innermost", "inner-innermost"), new("InnerExceptions.Middle", "inner-middle-call")]),
                        ],
                    },
                ],
            },
        },
        new("aggregate", [new("Aggregates.Run", "aggregate"), s_main])
        {
            IsPrinted = true,
            // Its message is made of its own and those of the inner ones when it is asked for: the object has the first part.
            Exception = new("System.AggregateException", "One or more errors occurred.", AggregateResult, [new("Aggregates.Run", "aggregate"), s_main])
            {
                Inner =
                [
                    new("System.FormatException", "the first one", FormatResult, [new("Aggregates.First", "aggregate-first")]),
                    new(InvalidOperation, Message, InvalidOperationResult, [s_throw, new("Aggregates.Second", "aggregate-second")]),
                ],
            },
        },
        new("rethrow",
            [new("Rethrows.Again", "rethrow-again"), s_throw, new("Rethrows.Again", "rethrow-call"), new("Rethrows.Run", "rethrow"), s_main])
        {
            IsPrinted = true,
            Exception = new(InvalidOperation, Message, InvalidOperationResult,
                [s_throw, new("Rethrows.Again", "rethrow-call"), new("Rethrows.Run", "rethrow"), s_main]),
        },
        new("rethrow-dispatch", [new("Rethrows.RunDispatch", "rethrow-dispatch"), s_main])
        {
            IsPrinted = true,
            Exception = new(InvalidOperation, Message, InvalidOperationResult,
                [s_throw, new("Rethrows.Catch", "rethrow-catch"), new("Rethrows.RunDispatch", "rethrow-dispatch"), s_main]),
        },
        new("native-callback",
        [
            s_fault, new("NativeCallbacks.Inner", "native-callback-inner"), new("NativeCallbacks.Callback", "native-callback"),
            new("stack_call_back", null), new("NativeCallbacks.Run", "native-callbacks"), s_main,
        ]),
        new("native-sort",
        [
            s_fault, new("NativeCallbacks.Inner", "native-callback-inner"), new("NativeCallbacks.Callback", "native-callback"),
            new("stack_compare", null), new("stack_sort", null), new("NativeCallbacks.RunSort", "native-sort"), s_main,
        ]),
        new("static-constructor", [s_fault, new("Constructed..cctor", "static-constructor"), new("StaticConstructors.Run", "static-constructors"), s_main]),
        new("collection", [s_fault, new("stack_fault_once_held", null), new("Collections.Fault", "collection-fault"), new("Collections.Run", "collection"), s_main]),
        new("collection-held", [s_fault, new("stack_fault_once_held", null), new("Collections.Fault", "collection-fault"), new("Collections.RunHeld", "collection-held"), s_main])
        {
            Environment = ["DOTNET_TieredCompilation=0"],
        },
        new("corrupted-object", [new("Corruptions.Use", "corrupted-use"), new("Corruptions.Run", "corrupted"), s_main]) { IsPrinted = true },
        new("many-threads", [s_fault, new("Deaths.NativeFault", "native-fault"), new("ManyThreads.Run", "many-threads"), s_main])
        {
            Others = [.. Enumerable.Range(0, 1_000).Select(Waiter)],
        },
    ];

    /// <summary>Two threads that die at once: either of them is the crashed one. Both are below this function of the library's.</summary>
    public static readonly KnownThread[] TwoAtOnce =
    [
        new("the first", [new("stack_fault_together", null), new("TwoAtOnce.Meet", "two-fault"), new("TwoAtOnce.First", "two-first")]),
        new("the second", [new("stack_fault_together", null), new("TwoAtOnce.Meet", "two-fault"), new("TwoAtOnce.Second", "two-second")]),
    ];

    /// <summary>The one of that kind.</summary>
    public static KnownChain Of(string kind) => Kinds.Concat(Shapes).Single(chain => chain.Kind == kind);

    private static KnownChain Unhandled(string kind, params KnownFrame[] frames) => Saying(kind, Message, frames);

    private static KnownChain Saying(string kind, string message, params KnownFrame[] frames)
        => new(kind, frames) { IsPrinted = true, Exception = new(InvalidOperation, message, InvalidOperationResult, frames) };

    private static KnownChain NullReference(params KnownFrame[] frames) => new("unhandled-null", frames)
    {
        IsPrinted = true,
        Exception = new("System.NullReferenceException", "Object reference not set to an instance of an object.", NullReferenceResult, frames),
    };

    private static KnownThread Waiter(int number) => number % 2 == 0
        ? new($"waiter {number}", [new("ManyThreads.Wait", "waiter"), new("ManyThreads.Even", "waiter-even"), new("ManyThreads.Enter", "waiter-even-entry")])
        : new($"waiter {number}", [new("ManyThreads.Wait", "waiter"), new("ManyThreads.Odd", "waiter-odd"), new("ManyThreads.Enter", "waiter-odd-entry")]);
}
