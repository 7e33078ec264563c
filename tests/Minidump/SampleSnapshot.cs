using System.Text;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Tests.Minidump;

/// <summary>A made-up process with everything a snapshot can have.</summary>
internal static class SampleSnapshot
{
    public const int CrashedThread = 71;
    public const ulong StackTop = 0x7ffd_0000_8000;
    public const ulong CodeAddress = 0x5555_0000_1000;

    public static readonly Guid ReportId = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
    public static readonly Guid ClientId = Guid.Parse("fedcba98-7654-3210-0123-456789abcdef");
    public static readonly DateTimeOffset Time = new(2026, 11, 23, 1, 2, 3, TimeSpan.Zero);
    public static readonly byte[] BuildId = [.. Enumerable.Range(1, 20).Select(i => (byte)(i * 11))];

    public static MinidumpAnnotations Annotations { get; } = new(ReportId, ClientId, new Dictionary<string, string>
    {
        ["ver"] = "1.2.3",
        ["process_type"] = "renderer",
        ["_productName"] = "Größe 🦖",
    });

    public static ProcessSnapshot Create(int threads = 3) => new()
    {
        ProcessId = 70,
        Time = Time,
        StartTime = Time.AddMinutes(-10),
        UserTime = TimeSpan.FromSeconds(12.9),
        KernelTime = TimeSpan.FromSeconds(3.1),
        ExecutablePath = "/opt/app/app",
        System = System,
        Exception = Exception,
        Threads = [.. Enumerable.Range(0, threads).Select(Thread)],
        Modules =
        [
            Module("/opt/app/app", 0x5555_0000_0000, 0x3000),
            Module("/usr/lib/libc.so.6", 0x7f00_0000_0000, 0x20_0000),
            Module("/usr/lib/libfoo.so.1.2.3", 0x7f00_1000_0000, 0x1000),
            Module("linux-gate.so", 0x7fff_0000_0000, 0x1000, []),
        ],
        Memory = [new MemorySnapshot(CodeAddress - 128, Fill(256, 0x90))],
        ProcFiles = new Dictionary<ProcFile, byte[]>
        {
            [ProcFile.CpuInfo] = Encoding.UTF8.GetBytes("processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: A CPU\n"),
            [ProcFile.Status] = Encoding.UTF8.GetBytes("Name:\tapp\nPid:\t70\n"),
            [ProcFile.OsRelease] = Encoding.UTF8.GetBytes("ID=test\nVERSION_ID=\"1\"\n"),
            [ProcFile.CommandLine] = Encoding.UTF8.GetBytes("/opt/app/app\0--first\0"),
            [ProcFile.AuxiliaryVector] = new byte[32],
            [ProcFile.Maps] = Encoding.UTF8.GetBytes("555500000000-555500003000 r-xp 00000000 00:00 1 /opt/app/app\n"),
        },
        SoftErrors = [new SoftError("ThreadRegisters", "tid 99", "ptrace: No such process (errno 3)")],
    };

    /// <summary>With everything that the writer can write.</summary>
    public static ProcessSnapshot CreateFull(int threads = 3)
    {
        ProcessSnapshot plain = Create(threads);
        return plain with
        {
            Modules = [.. plain.Modules, Assembly],
            Mappings =
            [
                new MappingSnapshot(0x5555_0000_0000, 0x1000, true, false, false, false),
                new MappingSnapshot(0x5555_0000_1000, 0x1000, true, false, true, false),
                new MappingSnapshot(0x5555_0000_2000, 0x1000, true, true, false, false),
                new MappingSnapshot(0x5555_0000_3000, 0x1000, true, true, true, false),
                new MappingSnapshot(0x5555_0000_4000, 0x1000, false, false, true, false),
                new MappingSnapshot(0x5555_0000_5000, 0x1000, false, false, false, false),
                new MappingSnapshot(0x7f00_4000_0000, 0x2000, false, true, false, true),
            ],
            Descriptors =
            [
                new DescriptorSnapshot(0, "File", "/dev/null"),
                new DescriptorSnapshot(1, "Pipe", "pipe:[77]"),
                new DescriptorSnapshot(2, "Pipe", "pipe:[77]"),
                new DescriptorSnapshot(5, "Socket", "socket:[78]"),
                new DescriptorSnapshot(9, "anon_inode:[eventpoll]", "anon_inode:[eventpoll]"),
            ],
            ProcFiles = new Dictionary<ProcFile, byte[]>(plain.ProcFiles)
            {
                [ProcFile.Limits] = Encoding.UTF8.GetBytes("Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1024                 4096                 files     \n"),
                [ProcFile.Environment] = Encoding.UTF8.GetBytes("HOME=/root\0LANG=C\0"),
            },
        };
    }

    /// <summary>An assembly.</summary>
    public static ModuleSnapshot Assembly { get; } = Module("/opt/app/app.dll", 0x7f00_3000_0000, 0x6000, []) with
    {
        Pe = new PeModuleSnapshot
        {
            TimeDateStamp = 0x9ABCDEF0,
            CodeView = [.. "RSDS"u8, .. ReportId.ToByteArray(), 1, 0, 0, 0, .. "app.pdb\0"u8],
            FileVersion = 0x0001_0002_0003_0004,
            ProductVersion = 0x0005_0006_0007_0008,
        },
    };

    public static SystemSnapshot System { get; } = new()
    {
        SystemName = "Linux",
        Release = "6.8.0-45-generic",
        Version = "#45-Ubuntu SMP",
        Machine = "x86_64",
        ProcessorCount = 300,
        CpuVendor = "GenuineIntel",
        CpuVersion = 0x000906EA,
        CpuFeatures = 0xBFEBFBFF,
        CpuExtendedFeatures = 0x2C100800,
    };

    public static ExceptionSnapshot Exception { get; } = new()
    {
        ThreadId = CrashedThread,
        Signal = 11,
        Code = 1,
        Address = 0,
        Parameters = [],
        Registers = Registers(0),
    };

    /// <summary>Thread number <paramref name="index"/>; number 0 is the crashed one.</summary>
    public static ThreadSnapshot Thread(int index) => new()
    {
        ThreadId = CrashedThread + index,
        Name = index == 1 ? "" : $"worker {index}",
        Registers = Registers(index),
        Stack = new MemorySnapshot(StackTop + ((ulong)index * 0x10000), Fill(0x400 + (16 * (index % 7)), (byte)index)),
    };

    /// <summary>Registers that all differ.</summary>
    public static Amd64Registers Registers(int index)
    {
        ulong seed = 0x0101_0000_0000 + ((ulong)index << 8);
        return new Amd64Registers
        {
            Rax = seed + 1,
            Rbx = seed + 2,
            Rcx = seed + 3,
            Rdx = seed + 4,
            Rsi = seed + 5,
            Rdi = seed + 6,
            Rbp = seed + 7,
            R8 = seed + 8,
            R9 = seed + 9,
            R10 = seed + 10,
            R11 = seed + 11,
            R12 = seed + 12,
            R13 = seed + 13,
            R14 = seed + 14,
            R15 = seed + 15,
            Rsp = StackTop + ((ulong)index * 0x10000),
            Rip = CodeAddress,
            EFlags = 0x10246,
            Cs = 0x33,
            Ss = 0x2B,
            Ds = 1,
            Es = 2,
            Fs = 3,
            Gs = 4,
            FsBase = 0x7f12_3456_7000 + (ulong)index,
            FxSave = FxSave(),
        };
    }

    public static ModuleSnapshot Module(string path, ulong address, ulong size, byte[]? buildId = null)
        => new() { Path = path, Address = address, Size = size, BuildId = buildId ?? BuildId };

    public static byte[] Fill(int length, byte value)
    {
        byte[] bytes = new byte[length];
        bytes.AsSpan().Fill(value);
        return bytes;
    }

    /// <summary>The snapshot as a dump.</summary>
    public static byte[] Dump(ProcessSnapshot snapshot, MinidumpAnnotations? annotations = null)
    {
        using MemoryStream stream = new();
        MinidumpWriter.Write(stream, snapshot, annotations ?? Annotations);
        return stream.ToArray();
    }

    private static byte[] FxSave()
    {
        byte[] image = [.. Enumerable.Range(0, 512).Select(i => (byte)i)];
        image[24] = 0x80;
        image[25] = 0x1F;
        image[26] = 0;
        image[27] = 0;
        return image;
    }
}
