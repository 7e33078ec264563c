using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>Every limit of the daemon, with its unit and reason.</summary>
internal static partial class DaemonLimits
{
    /// <summary>How long a handler without clients stays: what the queue gets to send what is left, and a restarted application finds it again.</summary>
    public static readonly TimeSpan IdleExit = TimeSpan.FromSeconds(30);

    /// <summary>How long a start waits for the lock of its address: a handler at its idle exit holds it for a few milliseconds more.</summary>
    public static readonly TimeSpan AddressLock = TimeSpan.FromSeconds(3);

    /// <summary>How often it looks at that lock; flock has no time limit of its own.</summary>
    public static readonly TimeSpan AddressLockInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>Connections at once: of some two hundred processes, two each, which is far above any application; fewer where there are few descriptors.</summary>
    public const int MaxConnections = 400;

    /// <summary>Descriptors that a connection may cost: its own, and its process's pidfd, registration block and diagnostics socket.</summary>
    public const int DescriptorsPerConnection = 4;

    /// <summary>Descriptors that connections leave to all else: four captures with their files, a walk, an upload, the database, and the 253 of one packet.</summary>
    public const int DescriptorReserve = 512;

    /// <summary>Connections of one process at once: it needs two, and for a moment two more when it connects anew.</summary>
    public const int MaxConnectionsPerProcess = 8;

    /// <summary>New connections of one process at once: a process makes two in its life, and tests of applications some more.</summary>
    public const int ConnectsAtOnce = 64;

    /// <summary>New connections of one process in a second after that: a client looks for its handler at most once in a second.</summary>
    public const int ConnectsPerSecond = 4;

    /// <summary>Inspectors at once: people at terminals, and a monitoring script or two.</summary>
    public const int MaxInspectors = 16;

    /// <summary>How long an inspector may stay: it asks one thing and goes, within <see cref="InspectorAnswer"/>.</summary>
    public static readonly TimeSpan InspectorStay = TimeSpan.FromSeconds(30);

    /// <summary>Connections accepted before others are looked at again: some milliseconds.</summary>
    public const int AcceptsPerTurn = 64;

    /// <summary>Packets of one connection before others are looked at again: more than any dialogue has, less than a millisecond of those that cost nothing.</summary>
    public const int PacketsPerTurn = 16;

    /// <summary>For how long one connection is served before others are looked at again: a frame that syncs a file is a turn of its own.</summary>
    public static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(1);

    /// <summary>Time of the event loop that one process may take at once: hundreds of its dearest requests.</summary>
    public static readonly TimeSpan LoopTimeAtOnce = TimeSpan.FromMilliseconds(500);

    /// <summary>Its share of the loop's time after that: others still have most of it.</summary>
    public const double LoopShare = 0.25;

    /// <summary>Seconds of the loop's time that one frame counts at most: when this handler was stopped, or had no processor, it was not the client's doing.</summary>
    public static readonly TimeSpan LongestCharge = TimeSpan.FromMilliseconds(100);

    /// <summary>Reports of one process at once, of deaths told on its connections and of its demands: forked children, and an application that asks at every error.</summary>
    public const int ReportsAtOnce = 100;

    /// <summary>Reports in a second after that: who wants more is mad, and would push all others' out of the database.</summary>
    public const double ReportsPerSecond = 1;

    /// <summary>Notes of one process in the log at once: <c>Start</c> sends one.</summary>
    public const int NotesAtOnce = 16;

    /// <summary>Notes in a second after that: one a minute.</summary>
    public const double NotesPerSecond = 1 / 60.0;

    /// <summary>Lines at once that clients cause in the log: a thousand processes that start together, a few hundred bytes each, of 3 MiB in all.</summary>
    public const int ClientLogLinesAtOnce = 1000;

    /// <summary>Lines in a second after that: the log lasts for hours.</summary>
    public const double ClientLogLinesPerSecond = 0.5;

    /// <summary>Processes whose accounts are kept, 300 bytes each: all that may be connected, and a hundred that came and went.</summary>
    public const int RememberedProcesses = 512;

    /// <summary>The longest that a process is held until its upload, whatever its block says: what a client may ask for at most.</summary>
    public static readonly TimeSpan LongestHold = TimeSpan.FromHours(1);

    /// <summary>Connections that wait for accept: what the kernel allows at most by default (net.core.somaxconn).</summary>
    public const int ListenBacklog = 4096;

    /// <summary>Captures at once: two for each core, because one waits for its threads to stop while the other one works; more than four get in each other's way.</summary>
    public static readonly int CaptureWorkers = Math.Min(Environment.ProcessorCount * 2, 4);

    /// <summary>Processes in hand up to which written dumps are not filed while others wait for theirs: more than die at once of one application.</summary>
    public const int ProcessesInHand = 64;

    /// <summary>For how long it does: crashes that never end must not keep reports from being filed.</summary>
    public static readonly TimeSpan FilingPatience = TimeSpan.FromSeconds(1);

    /// <summary>From a change of the database to the queue's look at it: a storm's reports come in a burst, and looking costs what captures need.</summary>
    public static readonly TimeSpan QueueDelay = TimeSpan.FromMilliseconds(50);

    /// <summary>How long another handler that renames a full log is waited for: it is stopped then, and the log must not grow without end.</summary>
    public static readonly TimeSpan LogRollOver = TimeSpan.FromSeconds(1);

    /// <summary>How long a capture thread waits for another death: those of a burst come closer together, and it ends before memory is given back.</summary>
    public static readonly TimeSpan CaptureWorkerIdle = TimeSpan.FromMilliseconds(100);

    /// <summary>How often the capture of a process that is held until its upload gives a sign of life: well within the watchdog's limit.</summary>
    public static readonly TimeSpan HoldSign = TimeSpan.FromSeconds(1);

    /// <summary>How long a single-shot handler waits for its notice: whoever started it sends it at once.</summary>
    public static readonly TimeSpan SingleShotNotice = TimeSpan.FromSeconds(1);

    /// <summary>How long a process that is asked for its memory may take before its capture's thread does something else meanwhile: a live one needs microseconds.</summary>
    public static readonly TimeSpan HandOverSoon = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// From a death to its walk's end at most: when many die at once, a thread walks one after the other, and a client waits for 30 s. Who comes later is reported without.
    /// </summary>
    public static readonly TimeSpan WalkPatience = TimeSpan.FromSeconds(15);

    /// <summary>How often a walk that is waited for gives a sign of life: far within the watchdog's limit.</summary>
    public static readonly TimeSpan WalkSign = TimeSpan.FromMilliseconds(200);

    /// <summary>What SIGTERM leaves for captures in hand: a service manager kills soon after.</summary>
    public static readonly TimeSpan Shutdown = TimeSpan.FromSeconds(2);

    /// <summary>Characters that a list shows of a demand's reason: a table's column.</summary>
    public const int ListedReason = 80;

    /// <summary>How long a heap dump may take: the dying process is held for it, and no longer.</summary>
    public static readonly TimeSpan HeapDump = TimeSpan.FromMilliseconds(ProtocolLimits.HeapDumpLimitMilliseconds);

    /// <summary>How long its end is waited for once its createdump was killed: the runtime only has to take note.</summary>
    public static readonly TimeSpan HeapDumpEnd = TimeSpan.FromSeconds(2);

    /// <summary>Free disk space that a heap dump needs, in times of the process's resident memory: that much may be written, and as much is left to others.</summary>
    public const long HeapDumpRoom = 2;

    /// <summary>Bytes of free disk space that a dump without the heap needs: 7 MB of a small application, more with each thread, and something for others.</summary>
    public const long SmallHeapDumpRoom = 128 << 20;

    /// <summary>Bytes of one log file.</summary>
    public const long LogFileBytes = 1 << 20;

    /// <summary>Log files kept.</summary>
    public const int LogFiles = 3;

    /// <summary>How long the command line waits for an answer of a running handler.</summary>
    public static readonly TimeSpan InspectorAnswer = TimeSpan.FromSeconds(5);

    /// <summary>How often the command line looks whether an upload that it asked for is over: people wait.</summary>
    public static readonly TimeSpan RequestLook = TimeSpan.FromMilliseconds(50);

    /// <summary>How long it waits for one while nothing moves: longer than two attempts may take, of another report's and of this one's, each once compressed and once not.</summary>
    public static readonly TimeSpan RequestPatience = TimeSpan.FromSeconds(250);

    /// <summary>How long an idle handler waits for the upload it is at: as long as two attempts may take, the compressed and the plain one.</summary>
    public static readonly TimeSpan LastUpload = TimeSpan.FromSeconds(125);

    /// <summary>How often it looks whether that is over.</summary>
    public static readonly TimeSpan LastUploadLook = TimeSpan.FromMilliseconds(500);

    /// <summary>Bytes of an environment that are searched for a process type: far more than any has that people made; the kernel's own limit is 6 MiB.</summary>
    public const int EnvironmentBytes = 256 * 1024;

    /// <summary>How often a reader starts over when a registration block is written under it.</summary>
    public const int BlockReadAttempts = 16;

    /// <summary>How long the end of a process is waited for whose connections ended because of it: what is left to be done then takes milliseconds, unless a thread of it hangs in the kernel.</summary>
    public static readonly TimeSpan Departure = TimeSpan.FromSeconds(30);

    /// <summary>Processes waited for that closed their connections and go on, a pidfd each: a program's helpers that close what they did not open are a handful.</summary>
    public const int Disconnected = 256;

    /// <summary>How long it is waited for that a dead process is reaped, where the kernel tells only then how it ended: a parent that cares does it at once.</summary>
    public static readonly TimeSpan Reaping = TimeSpan.FromSeconds(1);

    /// <summary>How often it is looked what memory clients take: what is last known of one that is killed for it must be worth reading, and a look must cost nothing.</summary>
    public static readonly TimeSpan MemorySample = TimeSpan.FromSeconds(10);

    /// <summary>How old a report may be that tells of the same death: longer than any dialogue of a dying process that another handler answered.</summary>
    public static readonly TimeSpan SameDeath = TimeSpan.FromMinutes(10);

    /// <summary>Quiet time after work before memory is given back: work comes in bursts.</summary>
    public static readonly TimeSpan TrimDelay = TimeSpan.FromMilliseconds(300);

    /// <summary>How long nobody is accepted after the kernel refused: descriptors come back when clients end.</summary>
    public static readonly TimeSpan AcceptPause = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of what a handler leaves beside its address: a path of 4,096 bytes and a URL.</summary>
    public const int NoteBytes = 64 * 1024;

    /// <summary>Errors that <c>status</c> shows: the last ones; the log has them all.</summary>
    public const int RecentErrors = 8;

    /// <summary>Characters of each: what says why stands at the beginning, and a handler is small.</summary>
    public const int ErrorLength = 300;
}
