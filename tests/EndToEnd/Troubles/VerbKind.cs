namespace CrashHandler.Tests.EndToEnd.Troubles;

/// <summary>What a verb does with a database.</summary>
internal enum VerbKind
{
    /// <summary>Nothing: it has none.</summary>
    Apart,

    /// <summary>It looks, and makes no file.</summary>
    Looks,

    /// <summary>It changes what is in it.</summary>
    Changes,

    /// <summary>It makes one where there is none, and has a handler at work on it.</summary>
    Makes,

    /// <summary>It takes <c>{id}</c> away, and nothing else.</summary>
    Deletes,
}
