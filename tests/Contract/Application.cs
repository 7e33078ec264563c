using System.Text.Json;
using System.Text.Json.Serialization;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Contract;

/// <summary>
/// An application of real processes, one of which answers: the last that was started and lives. See the victim's <c>Conversation</c>.
/// </summary>
internal sealed class Application
{
    private const int KilledBySignal = 128;

    private static readonly JsonSerializerOptions s_json = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly RunningProcess _main;

    /// <param name="main">A victim that was told to converse.</param>
    public Application(RunningProcess main)
    {
        _main = main;
        Hear();
    }

    /// <summary>Whether the process that was started first is gone.</summary>
    public bool HasMainExited => _main.HasExited;

    /// <summary>Pid of the process that was started first.</summary>
    public int Pid => _main.Pid;

    /// <summary>Asks for something that is granted.</summary>
    public JsonElement Ask(string verb, params object?[] words)
    {
        JsonElement answer = Talk(verb, words);
        return answer.TryGetProperty("value", out JsonElement value) ? value : throw new InvalidOperationException($"{verb}: {answer}");
    }

    /// <summary>Asks for something that is refused; returns the exception's name and message.</summary>
    public (string Exception, string Message) AskInVain(string verb, params object?[] words)
    {
        JsonElement answer = Talk(verb, words);
        return answer.TryGetProperty("error", out JsonElement error) ? (error.GetString()!, answer.GetProperty("message").GetString()!)
            : throw new InvalidOperationException($"{verb} was not refused: {answer}");
    }

    /// <summary>Calls Start, which must succeed; returns what it ignored.</summary>
    public string[] Start(CrashReporterOptions options)
    {
        StartResult result = Ask("start", options).Deserialize<StartResult>()!;
        Assert.True(result.IsRunning && result.Degraded.Count == 0, $"Start is degraded: {string.Join("; ", result.Degraded)}");
        return [.. result.Ignored];
    }

    /// <summary>Starts a child, which answers from now on.</summary>
    public Application Child(ChildWords? how = null)
    {
        Tell("child", how ?? new ChildWords());
        Hear();
        return this;
    }

    /// <summary>Starts a child, which answers from now on, and ends.</summary>
    public void Leave(ChildWords how)
    {
        Tell("leave", how);
        Hear();
    }

    /// <summary>Puts the process under the restrictions of a sandbox.</summary>
    public void Restrict() => Assert.Equal(0, Ask("restrict").GetInt32());

    /// <summary>GetParameters.</summary>
    public Dictionary<string, string> Parameters() => Ask("parameters").Deserialize<Dictionary<string, string>>()!;

    /// <summary>GetUploadedReports.</summary>
    public CrashReport[] Uploaded() => Ask("uploaded").Deserialize<CrashReport[]>()!;

    /// <summary>A child dies; its parent, which answers from now on, says by which signal.</summary>
    public int Die(string kind = "crash")
    {
        Tell("die", kind);
        return Hear().GetProperty("value").GetInt32() - KilledBySignal;
    }

    /// <summary>A child ends by itself; its parent answers from now on.</summary>
    public void Exit()
    {
        Tell("exit", 0);
        Assert.Equal(0, Hear().GetProperty("value").GetInt32());
    }

    /// <summary>The process that was started first dies; returns by which signal.</summary>
    public int DieLast(string kind = "crash")
    {
        Tell("die", kind);
        return _main.Finish().ExitCode - KilledBySignal;
    }

    /// <summary>The process that was started first begins to die.</summary>
    public void TellToDie(string kind) => Tell("die", kind);

    /// <summary>It is dead; returns by which signal.</summary>
    public int FinishLast() => _main.Finish().ExitCode - KilledBySignal;

    /// <summary>The process that was started first ends by itself.</summary>
    public void ExitLast()
    {
        Tell("exit", 0);
        Assert.Equal(0, _main.Finish().ExitCode);
    }

    /// <summary>A child dies whose parent ended before it, by itself.</summary>
    public void DieAfterMain(string kind)
    {
        Tell("die", kind);
        Assert.Equal(0, _main.Finish().ExitCode);
    }

    private JsonElement Talk(string verb, object?[] words)
    {
        Tell(verb, words);
        return Hear();
    }

    private void Tell(string verb, params object?[] words) => _main.WriteLine(JsonSerializer.Serialize<object?[]>([verb, .. words], s_json));

    private JsonElement Hear() => JsonElement.Parse(_main.ReadLine());
}
