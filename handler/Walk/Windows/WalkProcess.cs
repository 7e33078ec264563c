using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using CrashHandler.Handler.Capture.Windows;
using CrashHandler.Handler.Managed;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Request;

namespace CrashHandler.Handler.Walk;

/// <summary>A running walk. It is not trusted: it gets three handles and nothing else, and its job ends it, whatever becomes of it or of this process.</summary>
internal sealed class WalkProcess : IDisposable
{
    /// <summary>The hidden verb.</summary>
    public const string Verb = "walk";

    // Process Creation Flags: no console, neither this process's nor a new one.
    private const uint DETACHED_PROCESS = 0x8;

    private readonly JobObject _job;
    private readonly StartedProcess _process;
    private readonly SharedSection _answer;
    private bool _hasEnded;

    private WalkProcess(JobObject job, StartedProcess process, SharedSection answer)
    {
        _job = job;
        _process = process;
        _answer = answer;
    }

    /// <summary>Starts one.</summary>
    /// <param name="executable">Absolute path of the program of which it is a verb.</param>
    /// <param name="request">The encoded request.</param>
    /// <param name="process">The process.</param>
    /// <param name="limit">How long it may take; the system ends it by its processor time should nobody else.</param>
    /// <param name="trouble">What became of the walk before this one: the runtime is not asked again. Null: this is the first.</param>
    /// <exception cref="SyscallException">It cannot be started.</exception>
    public static WalkProcess Start(string executable, SharedSection request, TargetProcess process, TimeSpan limit, string? trouble)
    {
        // The time that is left now.
        BinaryPrimitives.WriteUInt32LittleEndian(request.Bytes[WalkRequestHeader.LimitOffset..], (uint)Math.Max(1, limit.TotalMilliseconds));
        SharedSection answer = SharedSection.Create(WalkAnswerHeader.Size + StacksLimits.DocumentBytes);
        JobObject? job = null;
        try
        {
            job = JobObject.ForOne(WindowsWalkLimits.CommittedBytes, TimeSpan.FromSeconds(Math.Ceiling(limit.TotalSeconds) * StacksLimits.ProcessorTimes));
            using FileDescriptor readable = request.Share(SharedSection.SECTION_MAP_READ);
            using FileDescriptor writable = answer.Share(SharedSection.SECTION_MAP_WRITE);
            using FileDescriptor victim = InheritableHandles.Process(process.Handle, PipeCalls.PROCESS_VM_READ | PipeCalls.PROCESS_QUERY_LIMITED_INFORMATION);
            StartedProcess started = StartedProcess.Start(new NewProcess
            {
                Program = executable,
                CommandLine = CommandLineText.Of(
                    executable, [Verb, .. new WalkHandles(readable, request.Bytes.Length, writable, victim).Numbers().Select(Text), .. trouble is null ? [] : (string[])[trouble]]),
                Environment = EnvironmentBlock.Of(Variables()),
                Directory = Environment.SystemDirectory,
                Flags = ProcessCalls.CREATE_SUSPENDED | DETACHED_PROCESS,
                Streams = (0, 0, 0),
                Inherited = [readable.Number, writable.Number, victim.Number],
            });
            try
            {
                job.Add(started);
                started.Resume();
                return new WalkProcess(job, started, answer);
            }
            catch
            {
                started.Terminate(1);
                started.Dispose();
                throw;
            }
        }
        catch
        {
            job?.Dispose();
            answer.Dispose();
            throw;
        }
    }

    /// <summary>Takes its answer.</summary>
    /// <param name="answer">Where to.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="sign">Called now and then.</param>
    /// <param name="signs">How often at least.</param>
    /// <returns>Why what came is none; null: it is whole, as far as its process's end tells.</returns>
    /// <exception cref="SyscallException">The answer cannot be waited for, or kept.</exception>
    public string? Take(AnswerBuffer answer, TimeSpan limit, TimeSpan signs, Action sign)
    {
        long began = Stopwatch.GetTimestamp();
        TimeSpan deadline = limit;
        bool isWhole = false;
        while (true)
        {
            TimeSpan left = deadline - Stopwatch.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
            {
                // A whole answer counts, however long its process takes to end.
                return isWhole ? Read(answer) : $"it gave no answer within {limit.TotalSeconds:0.##} s";
            }

            int? code = _process.Wait(left < signs ? left : signs);
            sign();
            if (code is not null)
            {
                _hasEnded = true;
                return code == 0 ? Read(answer) : $"it ended with exit code 0x{code:x}";
            }

            if (!isWhole && WalkAnswerHeader.LengthOf(_answer.Bytes) != 0)
            {
                isWhole = true;
                deadline = Stopwatch.GetElapsedTime(began) + StacksLimits.WalkEnd is var end && end < limit ? end : limit;
            }
        }
    }

    /// <summary>Ends it, and sees it gone.</summary>
    public void Dispose()
    {
        _job.Dispose();
        if (!_hasEnded)
        {
            _ = _process.Wait(StacksLimits.WalkEnd);
        }

        _process.Dispose();
        _answer.Dispose();
    }

    // A copy: what is looked at does not change any more.
    private string? Read(AnswerBuffer answer)
    {
        uint length = WalkAnswerHeader.LengthOf(_answer.Bytes);
        if (length > StacksLimits.DocumentBytes)
        {
            return $"its answer has more than {StacksLimits.DocumentBytes} bytes";
        }

        ReadOnlySpan<byte> left = _answer.Bytes.Slice(WalkAnswerHeader.Size, (int)length);
        while (!left.IsEmpty)
        {
            Span<byte> room = answer.Room();
            int count = Math.Min(room.Length, left.Length);
            left[..count].CopyTo(room);
            answer.Add(count);
            left = left[count..];
        }

        return null;
    }

    // What Windows' own libraries look for, and what its runtime is to be without: a heap beyond its limit, a port for debuggers.
    private static Dictionary<string, string> Variables() => new()
    {
        ["SystemRoot"] = Environment.GetFolderPath(Environment.SpecialFolder.Windows),
        ["DOTNET_GCHeapHardLimit"] = "10000000",
        ["DOTNET_GCgen0size"] = "2000000",
        ["DOTNET_EnableDiagnostics"] = "0",
    };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
