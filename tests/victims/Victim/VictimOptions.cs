namespace CrashHandler.Victims;

/// <summary>What a victim is told on its command line; a mistake there is an exception, which no test takes for a death it asked for.</summary>
internal sealed class VictimOptions
{
    public string Role { get; private set; } = "none";

    public string Kind { get; private set; } = "none";

    public string? Database { get; private set; }

    public string? Url { get; private set; }

    public string? Handler { get; private set; }

    /// <summary>File for what a reader of the dump must find again.</summary>
    public string? Facts { get; private set; }

    public Dictionary<string, string> Extra { get; } = [];

    /// <summary>Files to be sent.</summary>
    public List<string> Attachments { get; } = [];

    public bool NoUpload { get; private set; }

    public bool IgnoreSystemCrashHandler { get; private set; }

    /// <summary>Announces <c>ready</c> and waits for a line before dying.</summary>
    public bool Hold { get; private set; }

    /// <summary>Announces <c>ready</c> and does what each line of standard input says.</summary>
    public bool Commands { get; private set; }

    /// <summary>Holds a <see cref="Conversation"/>; Start is a verb there.</summary>
    public bool Converse { get; private set; }

    /// <summary>Calls Start only after <see cref="Hold"/>.</summary>
    public bool StartLate { get; private set; }

    /// <summary>Goes on where Start is degraded, as long as there is a handler.</summary>
    public bool Tolerant { get; private set; }

    /// <summary>Changes its environment first, so that the runtime keeps a copy of it.</summary>
    public bool TouchEnvironment { get; private set; }

    /// <summary>Waits for every child there is, and says so.</summary>
    public bool WaitAll { get; private set; }

    /// <summary>Children to start before dying: whether it is prepared by <c>AttachChild</c>, and its arguments.</summary>
    public List<(bool Attached, string[] Arguments)> Children { get; } = [];

    public static VictimOptions Parse(string[] arguments)
    {
        VictimOptions options = new();
        Queue<string> rest = new(arguments);
        while (rest.TryDequeue(out string? name))
        {
            switch (name)
            {
                case "--role": options.Role = rest.Dequeue(); break;
                case "--kind": options.Kind = rest.Dequeue(); break;
                case "--database": options.Database = rest.Dequeue(); break;
                case "--url": options.Url = rest.Dequeue(); break;
                case "--handler": options.Handler = rest.Dequeue(); break;
                case "--facts": options.Facts = rest.Dequeue(); break;
                case "--attach-file": options.Attachments.Add(rest.Dequeue()); break;
                case "--no-upload": options.NoUpload = true; break;
                case "--ignore-system": options.IgnoreSystemCrashHandler = true; break;
                case "--hold": options.Hold = true; break;
                case "--commands": options.Commands = true; break;
                case "--converse": options.Converse = true; break;
                case "--word": rest.Dequeue(); break;
                case "--start-late": options.StartLate = true; break;
                case "--tolerant": options.Tolerant = true; break;
                case "--touch-environment": options.TouchEnvironment = true; break;
                case "--wait-all": options.WaitAll = true; break;
                case "--extra":
                    string[] pair = rest.Dequeue().Split('=', 2);
                    options.Extra.Add(pair[0], pair[1]);
                    break;
                case "--spawn-renderer": options.Children.Add((false, ["--role", "renderer", .. rest.Dequeue().Split(' ')])); break;
                case "--spawn-child": options.Children.Add((true, ["--role", "none", .. rest.Dequeue().Split(' ')])); break;
                default: throw new ArgumentException($"unknown option {name}");
            }
        }

        return options;
    }
}
