using System.Globalization;
using System.Security.Cryptography;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Reports;
using CrashHandler.Tests.Minidump;
using CrashHandler.Tests.Reports;
using Mono.Unix.Native;

namespace CrashHandler.Tests.EndToEnd.Troubles;

/// <summary>A database of two reports, made without a handler, and everything that can be seen of it.</summary>
internal sealed class TroubledDatabase
{
    /// <summary>The two reports' ids, and how both begin.</summary>
    public const string First = "aaaaaaaa-0000-4000-8000-000000000001", Second = "aaaaaaab-0000-4000-8000-000000000002", Beginning = "aaaaaaa";

    // Made once, with all its syncs, and copied.
    private static readonly Lazy<string> s_template = new(MakeTemplate);

    public TroubledDatabase(Sandbox sandbox)
    {
        Path = sandbox.Database;
        foreach (string directory in Directory.EnumerateDirectories(s_template.Value, "*", SearchOption.AllDirectories).Prepend(s_template.Value))
        {
            Directory.CreateDirectory(Copy(directory), System.IO.File.GetUnixFileMode(directory));
        }

        foreach (string file in Directory.EnumerateFiles(s_template.Value, "*", SearchOption.AllDirectories))
        {
            System.IO.File.Copy(file, Copy(file));
        }

        sandbox.GiveAll(Path);

        string Copy(string path) => System.IO.Path.Join(Path, path[s_template.Value.Length..]);
    }

    public string Path { get; }

    public string Dump => File(First, ".dmp");

    public string File(string id, string extension) => System.IO.Path.Combine(Path, "completed", id + extension);

    public string Settings(string extension) => System.IO.Path.Combine(Path, "settings" + extension);

    private static string MakeTemplate()
    {
        string template = TestPrograms.NewFolder("crash-handler-troubled-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(template, recursive: true);
        ReportDatabase database = ReportDatabase.Create(template);
        _ = database.Settings.ClientId;
        System.IO.File.WriteAllText(System.IO.Path.Combine(template, HandlerLog.FileName), "2026-01-02 03:04:05.678 +00:00 INF 42 hello\n");
        byte[] dump = SampleSnapshot.Dump(SampleSnapshot.Create());
        foreach (string id in (string[])[First, Second])
        {
            using PendingReport report = database.BeginReport(Guid.Parse(id))!;
            report.Commit(TestDatabase.Record(report.Id) with { State = ReportState.Skipped }, file => file.Write(dump));
        }

        return template;
    }

    /// <summary>Each file and directory below: owner, mode, and contents.</summary>
    public static SortedDictionary<string, string> Look(string root)
    {
        SortedDictionary<string, string> seen = new(StringComparer.Ordinal);
        Add(root);
        return seen;

        void Add(string path)
        {
            Syscall.lstat(path, out Stat stat);
            bool isDirectory = (stat.st_mode & FilePermissions.S_IFMT) == FilePermissions.S_IFDIR;
            string contents = isDirectory ? "" : Convert.ToHexString(SHA256.HashData(System.IO.File.ReadAllBytes(path)));
            seen.Add(System.IO.Path.GetRelativePath(root, path), string.Create(CultureInfo.InvariantCulture, $"{stat.st_uid}:{stat.st_gid} {(uint)stat.st_mode:x} {contents}"));
            if (isDirectory)
            {
                foreach (string below in Directory.GetFileSystemEntries(path))
                {
                    Add(below);
                }
            }
        }
    }
}
