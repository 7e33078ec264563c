using System.Globalization;
using System.IO.Compression;
using System.Text;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Export;

/// <summary>
/// A report as one zip file, to be given to somebody: a folder of its id, with all that belongs to it. Every file is open before the first byte is written, so that
/// an upload or a removal meanwhile takes nothing from it.
/// </summary>
internal sealed class ReportArchive : IDisposable
{
    public const string DumpName = "minidump.dmp", RecordName = "report.json", StacksName = "stacks.json", AttachmentsFolder = "attachments/", HeapDumpName = "heap.core", ReadmeName = "README.txt";

    // For unzip on Unix: a regular file, for its owner alone; the higher half of the attributes is a mode. Memory holds secrets.
    private const int OwnerOnlyFile = (0x8000 | 0x180) << 16;

    // Of a zip file's times, which count from there.
    private const int FirstYear = 1980;

    private readonly ReportRecord _report;
    private readonly List<(ExportedFile File, Stream Content)> _files = [];
    private readonly List<string> _leftOut = [];

    private ReportArchive(ReportRecord report) => _report = report;

    /// <summary>Bytes of all its files.</summary>
    public long Bytes => _files.Sum(file => file.File.Bytes);

    /// <summary>Opens all files of a report.</summary>
    /// <param name="database">Where it is.</param>
    /// <param name="report">The report.</param>
    /// <param name="record">Its record, as it may be given away.</param>
    /// <param name="withHeapDump">Whether the heap dump goes along: the whole memory of a process is seldom meant to.</param>
    /// <exception cref="SyscallException">Its dump cannot be opened.</exception>
    public static ReportArchive Open(ReportDatabase database, ReportRecord report, byte[] record, bool withHeapDump)
    {
        ReportArchive archive = new(report);
        try
        {
            archive.AddDump(database);
            archive.Add(RecordName, "what is known of the report, as 'crash-handler reports show --json' has it", new MemoryStream(record));
            if (database.StacksPath(report) is { } stacks)
            {
                archive.AddStored(database, StacksName, "native and managed stacks of all threads, and the exceptions, as JSON", stacks);
            }

            foreach (string name in report.Attachments)
            {
                archive.AddAttachment(database, name);
            }

            archive.AddHeapDump(database, database.HeapDumpPath(report), withHeapDump);
            return archive;
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    /// <summary>Writes the zip file.</summary>
    /// <param name="output">Where to; need not seek.</param>
    /// <param name="progress">Told how many bytes of <see cref="Bytes"/> are in it.</param>
    /// <param name="cancellation">Ends it; what is written then is no zip file.</param>
    /// <exception cref="ExportException">A file of the report cannot be read.</exception>
    public ExportOutcome WriteTo(Stream output, Action<long> progress, CancellationToken cancellation)
    {
        // Not disposed of on failure: that would write a directory, and make half an export look whole.
        ZipArchive zip = new(output, ZipArchiveMode.Create, leaveOpen: true);
        Write(zip, ReadmeName, stream => stream.Write(Encoding.UTF8.GetBytes(Readme())));
        long done = 0;
        foreach ((ExportedFile file, Stream content) in _files)
        {
            Write(zip, file.Name, stream => Copy(content, stream, file, count => progress(done += count), cancellation));
        }

        zip.Dispose();
        return new ExportOutcome([.. _files.Select(file => file.File)], _leftOut);
    }

    public void Dispose() => _files.ForEach(file => file.Content.Dispose());

    private void Add(string name, string meaning, Stream content) => _files.Add((new ExportedFile(name, content.Length, meaning), content));

    private void AddDump(ReportDatabase database)
    {
        if (_report.HasDump)
        {
            Add(DumpName, "the minidump: threads, stacks, registers, modules; 'crash-handler minidump FILE', LLDB and Breakpad's tools read it", DurableFile.OpenStreamBelow(database.Path, database.DumpPath(_report)));
        }
        else
        {
            _leftOut.Add($"{DumpName}: there is none; the process was gone before anything could be read of it");
        }
    }

    private void AddStored(ReportDatabase database, string name, string meaning, string path)
    {
        try
        {
            Add(name, meaning, DurableFile.OpenStreamBelow(database.Path, path));
        }
        catch (SyscallException failure)
        {
            _leftOut.Add($"{name}: {failure.Message}");
        }
    }

    // The record is a file that somebody may have changed: a name with a path in it would be read, and be unpacked, wherever that leads.
    private void AddAttachment(ReportDatabase database, string name)
    {
        if (name is "" or "." or ".." || name.AsSpan().IndexOfAny('/', '\\', '\0') >= 0)
        {
            _leftOut.Add($"{AttachmentsFolder}{name}: it is no file name");
            return;
        }

        AddStored(database, AttachmentsFolder + name, "a file that the application added", database.AttachmentPath(_report, name));
    }

    private void AddHeapDump(ReportDatabase database, string? path, bool isWanted)
    {
        if (path is null)
        {
            return;
        }

        if (isWanted)
        {
            AddStored(database, HeapDumpName, "the heap dump: all that the process had in memory; 'dotnet-dump analyze FILE' reads it", path);
        }
        else
        {
            _leftOut.Add(string.Create(CultureInfo.InvariantCulture, $"{HeapDumpName}: the heap dump ({new FileInfo(path).Length:N0} bytes) goes along only with --heap-dump"));
        }
    }

    private void Write(ZipArchive zip, string name, Action<Stream> content)
    {
        ZipArchiveEntry entry = zip.CreateEntry($"{_report.Id}/{name}", name == HeapDumpName ? CompressionLevel.Fastest : CompressionLevel.Optimal);
        entry.ExternalAttributes = OwnerOnlyFile;
        // A clock that was not set is no reason to have no export.
        entry.LastWriteTime = _report.Created.Year >= FirstYear ? _report.Created.ToUniversalTime() : new DateTimeOffset(FirstYear, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using Stream stream = entry.Open();
        content(stream);
    }

    private static void Copy(Stream content, Stream output, ExportedFile file, Action<int> copied, CancellationToken cancellation)
    {
        byte[] piece = new byte[Math.Clamp(file.Bytes, 1, ExportLimits.CopyBytes)];
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = Read(content, piece, file);
            if (count == 0)
            {
                return;
            }

            output.Write(piece, 0, count);
            copied(count);
        }
    }

    private static int Read(Stream content, byte[] piece, ExportedFile file)
    {
        try
        {
            return content.Read(piece, 0, piece.Length);
        }
        catch (IOException failure)
        {
            throw new ExportException($"the report's {file.Name} cannot be read: {failure.Message}", failure);
        }
    }

    private string Readme()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"Report {_report.Id} of {TerminalText.Escape(_report.Executable)}, {_report.Created.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC\n\n");
        foreach ((ExportedFile file, Stream _) in _files)
        {
            text.Append(CultureInfo.InvariantCulture, $"{TerminalText.Escape(file.Name)}: {file.Meaning} ({file.Bytes:N0} bytes)\n");
        }

        foreach (string missing in _leftOut)
        {
            text.Append(CultureInfo.InvariantCulture, $"Not here: {TerminalText.Escape(missing)}\n");
        }

        return text.Append("\nA dump is memory of the process: it may hold passwords, keys and personal data. Keep it as you would keep those.\n").ToString();
    }
}
