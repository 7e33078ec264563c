using System.CommandLine;

namespace CrashHandler.Handler.Cli;

/// <summary><c>completion</c>: has a shell complete verbs, options and reports' ids.</summary>
internal static class CompletionCommand
{
    public static Command Create()
    {
        Argument<string> shell = new("SHELL") { Description = $"One of {string.Join(", ", CompletionScripts.Shells)}." };
        shell.CompletionSources.Add([.. CompletionScripts.Shells]);
        shell.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } text && CompletionScripts.Of(text) is null)
            {
                result.AddError($"'completion' takes one of {string.Join(", ", CompletionScripts.Shells)}; it is '{text}'.");
            }
        });
        Command command = new("completion", "Write a script that has a shell complete verbs, options and reports' ids.") { shell };
        command.AddExample("crash-handler completion bash > ~/.local/share/bash-completion/completions/crash-handler");
        command.AddExample("crash-handler completion zsh > ~/.zfunc/_crash-handler");
        command.AddExample("crash-handler completion fish > ~/.config/fish/completions/crash-handler.fish");
        command.SetAction(parsed =>
        {
            Console.Out.Write(CompletionScripts.Of(parsed.GetValue(shell)!));
            return CommandLine.Done;
        });
        return command;
    }
}
