namespace CrashHandler.Victims.Stacks;

/// <summary>The kinds of death, each on a stack of its own.</summary>
internal static class Scenes
{
    public static Action Of(string kind) => kind switch
    {
        "unhandled-main" => Deaths.UnhandledMain,
        "unhandled-thread" => Deaths.UnhandledThread,
        "unhandled-null" => Deaths.UnhandledNull,
        "fail-fast" => Deaths.FailFast,
        "overflow-main" => Overflows.OnMain,
        "overflow-thread" => Overflows.OnThread,
        "native-fault" => Deaths.NativeFault,
        "managed-pointer" => Deaths.ManagedPointer,
        "native-abort" => Deaths.NativeAbort,
        "segv-sent-twice" => Deaths.Nothing,
        "fpe-raised-twice" => Deaths.RaiseTwice,
        "raised-trap" => Deaths.RaiseTrap,
        "native-bus" => Deaths.NativeBus,
        "overflow-cycle-main" => Overflows.CycleOnMain,
        "overflow-cycle-thread" => Overflows.CycleOnThread,
        "overflow-deep" => Overflows.Deep,
        "generics" => Generics.Run,
        "lambdas" => Lambdas.Run,
        "local-function" => LocalFunctions.Run,
        "async" => AsyncMethods.Run,
        "iterator" => Iterators.Run,
        "finalizer" => Finalizers.Run,
        "thread-pool" => PoolCallbacks.Run,
        "inner-exceptions" => InnerExceptions.Run,
        "aggregate" => Aggregates.Run,
        "rethrow" => Rethrows.Run,
        "rethrow-dispatch" => Rethrows.RunDispatch,
        "native-callback" => NativeCallbacks.Run,
        "native-sort" => NativeCallbacks.RunSort,
        "static-constructor" => StaticConstructors.Run,
        "collection" => Collections.Run,
        "collection-held" => Collections.RunHeld,
        "corrupted-object" => Corruptions.Run,
        "many-threads" => ManyThreads.Run,
        "two-at-once" => TwoAtOnce.Run,
        _ => throw new ArgumentException($"unknown kind '{kind}'", nameof(kind)),
    };
}
