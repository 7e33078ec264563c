using System.Text;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Doctor.Gathering;
using CrashHandler.Handler.Managed;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Elf;
using CrashHandler.Handler.Stacks.Native;
using CrashHandler.Tests.Capture;
using CrashHandler.Tests.Managed;
using CrashHandler.Tests.Stacks;

namespace CrashHandler.Tests.Fuzz.Formats;

/// <summary>Images, in files and in a broken process's memory, with their tables; and names that the process chose.</summary>
internal static class StackFormats
{
    private const ulong Base = 0x5000_0000;
    private const ulong Stack = 0x7000_0000;
    private const int StackBytes = 0x2000;
    private const int Page = 4_096;
    private const string Assembly = "/app/made.dll";

    private static readonly MadeUpAssembly s_embedded = MadeUpAssembly.Make(1, [(0, 10), (4, 0), (8, 30)], isEmbedded: true);
    private static readonly MadeUpAssembly s_beside = MadeUpAssembly.Make(1, [(0, 10), (4, 0), (8, 30)]);

    // Every compiler's: CFA is rsp+8, the return address at CFA-8.
    private static readonly CommonInformationEntry s_common = new(1, -8, 16, PointerEncoding.Absolute, false, false, [0x0c, 7, 8, 0x90, 1]);

    public static IEnumerable<FuzzedFormat> All =>
    [
        new("elf-page", ReadElfPage, typeof(InvalidDataException)) { MakeSeeds = () => [MadeUpImages.Elf([1, 2, 3, 4]), File.ReadAllBytes(StackPrograms.Usual)[..Page]], MostBytes = FormatLimits.ImageBytes },
        new("elf-file", ReadElfFile, typeof(InvalidDataException)) { MakeSeeds = () => [File.ReadAllBytes(StackPrograms.Usual)], Inputs = FormatLimits.FewInputs, MostBytes = FormatLimits.ImageBytes },
        new("elf-in-memory", bytes => Unwind(bytes, isElf: true)) { MakeSeeds = () => [Load(File.ReadAllBytes(StackPrograms.Usual))], Inputs = FormatLimits.FewInputs, MostBytes = FormatLimits.ImageBytes },
        new("pe-in-memory", bytes => Unwind(bytes, isElf: false)) { MakeSeeds = () => [HostilePeTests.Image(new Random(4711))], Inputs = FormatLimits.FewInputs, MostBytes = FormatLimits.ImageBytes },
        new("eh-frame", ReadEhFrame, typeof(InvalidDataException)) { MakeSeeds = () => [EhFrame(File.ReadAllBytes(StackPrograms.Usual))], MostBytes = FormatLimits.ImageBytes },
        new("call-frame-program", bytes => CallFrameProgram.Run(new FrameDescriptionEntry(s_common, Base, 0x100, bytes), Base + 0xff), typeof(InvalidDataException))
        {
            MakeSeeds = () => new[] { "41 0e10 8302 0a 41 c3 0e08 41 0b", "0204 0e10 050303 110301 2f037f 140302 150302 090306 2e08", "0f037710 06 10030277 08 1603022340" }.Select(Hex),
        },
        new("dwarf-expression", ReadExpression, typeof(InvalidDataException))
        {
            MakeSeeds = () => new[] { "7708 8000 3f 1a 3b 2a 33 24 22", "1179 32 1b 37 34 1d 22 31 12 14 1502 16 17 19 1f 20", "030807060504030201 13 770006 7700 9404 22 2f0100 32 280000 31" }.Select(Hex),
        },
        new("pe-image", ReadPe, typeof(InvalidDataException)) { MakeSeeds = () => [MadeUpImages.Assembly(), s_embedded.Image, s_beside.Image] },
        new("pe-resources", bytes => PeVersion.Find(bytes, 0x2200)) { MakeSeeds = () => [MadeUpImages.Assembly()[0x1200..0x1400]] },
        new("assembly", bytes => FindLine(bytes, s_beside.Pdb)) { MakeSeeds = () => [s_embedded.Image, s_beside.Image], MostBytes = StacksLimits.PdbBytes + FormatLimits.SmallBytes },
        new("portable-pdb", bytes => FindLine(s_beside.Image, bytes)) { MakeSeeds = () => [s_beside.Pdb], MostBytes = StacksLimits.PdbBytes + FormatLimits.SmallBytes },
        new("metadata", bytes => new MetadataHeader(new MadeUpMemory().With(Base, bytes), Base, (ulong)bytes.Length).Mvid()) { MakeSeeds = () => [Metadata(s_embedded.Image)] },
        new("maps", bytes => MemoryMap.Parse(bytes).Find(0x40_1000), typeof(InvalidDataException))
        {
            MakeSeeds = () => [[.. "00400000-00401000 r-xp 00000000 08:01 42    /opt/app/Übung (deleted)\n7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0  [stack]\n"u8], File.ReadAllBytes("/proc/self/maps")[..Page]], IsText = true,
        },
        new("exception-text", bytes => ExceptionText.Parse("A.B", "m", Text(bytes)))
        {
            MakeSeeds = () => ((string[])
            [
                "A.B: m\n ---> System.Net.Sockets.SocketException (0x80004005): no\n   at P.M(Int32 a, List`1 b) in /src/a.cs:line 7\n   --- End of inner exception stack trace ---\n   at P.<Run>d__3.MoveNext()\n--- End of stack trace from previous location ---\n   at P.Main(String[] args)",
                "A.B: m\n ---> (Inner Exception #0) C: x\n   at P!<BaseAddress>+0x1234\n---> (Inner Exception #1) D\n   at P.N() + 0x12<---\n",
            ]).Select(Encoding.UTF8.GetBytes),
            IsText = true,
        },
        new("names", ReadNames)
        {
            MakeSeeds = () => ((string[])
            [
                "P.Outer`1[[System.Int32, System.Private.CoreLib]].M(Int32)", "P+Q`2+R[[A`1[[B, b]], a],[C, c]].<M>g__Local|3_0[[System.__Canon, x]](Int32 ByRef, System.String[])", "P.<Run>d__3`1.MoveNext()",
                "_ZNSt6vectorIiSaIiEE9push_backERKi", "_ZN4core9panicking5panic17h0123456789abcdefE", "__memcpy_avx_unaligned_erms.cold.3", "/usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30",
            ]).Select(Encoding.UTF8.GetBytes),
            IsText = true,
        },
        new("glibc-versions", bytes => InstallationLook.FloorOf(bytes)) { MakeSeeds = () => [[.. "x\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_PRIVATE\0"u8]], IsText = true },
    ];

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static byte[] Hex(string digits) => Convert.FromHexString(digits.Replace(" ", "", StringComparison.Ordinal));

    private static void ReadElfPage(byte[] bytes)
    {
        ElfImage image = ElfImage.Parse(bytes.AsSpan(0, Math.Min(bytes.Length, Page)));
        foreach (Elf64ProgramHeader note in image.Notes)
        {
            _ = ElfImage.FindBuildId(bytes.AsSpan((int)Math.Min(note.Offset, (ulong)bytes.Length)), note.Alignment);
        }

        MadeUpMemory memory = new MadeUpMemory().With(Base, bytes);
        ElfView[] views = [ElfView.OfFile(new FileMemory(new MemoryStream(bytes))), ElfView.OfProcess(memory, Base)];
        foreach (ElfView view in views)
        {
            _ = (view.FindVersion(), view.FindNeeded());
        }
    }

    private static void ReadElfFile(byte[] bytes)
    {
        ElfFile file = ElfFile.Read(new MemoryStream(bytes));
        SymbolTable? symbols = file.ReadSymbols();
        _ = (file.Find(".eh_frame"), symbols?.Find(0x1200, null), symbols?.Find(0x1200, 0x1200));
    }

    // Lays a file out as a loader does it.
    private static byte[] Load(byte[] file)
    {
        ElfImage elf = ElfImage.Parse(file.AsSpan(0, Page));
        byte[] image = new byte[elf.Size];
        foreach (Elf64ProgramHeader load in elf.Loads)
        {
            file.AsSpan((int)load.Offset, (int)load.FileSize).CopyTo(image.AsSpan((int)(load.VirtualAddress - elf.HeaderAddress)));
        }

        return image;
    }

    private static void Unwind(byte[] image, bool isElf)
    {
        WalkModule module = new("/victim", Base, (ulong)image.Length, [], isElf);
        byte[] maps = Encoding.ASCII.GetBytes($"{Base:x}-{Base + (ulong)image.Length + 1:x} r-xp 00000000 08:01 7 /victim\n{Stack:x}-{Stack + StackBytes:x} rw-p 00000000 00:00 0 [stack]\n");
        byte[] stack = new byte[StackBytes];
        Random random = new(image.Length);
        for (int at = 0; at < StackBytes; at += sizeof(ulong))
        {
            BitConverter.TryWriteBytes(stack.AsSpan(at), random.Next(2) == 0 ? Base + (ulong)random.Next(image.Length + 1) : Stack + (ulong)random.Next(StackBytes));
        }

        using NativeUnwinder unwinder = new(new MadeUpMemory().With(Base, image).With(Stack, stack), [module], maps, _ => new MemoryStream(image));
        for (int thread = 0; thread < 4; thread++)
        {
            _ = unwinder.Unwind(new Amd64Registers { Rip = Base + (ulong)random.Next(image.Length + 1), Rsp = Stack + (ulong)random.Next(StackBytes), Rbp = Stack + 64 }).Count();
        }
    }

    private static byte[] EhFrame(byte[] file)
    {
        Elf64SectionHeader section = ElfFile.Read(new MemoryStream(file)).Find(".eh_frame")!.Value;
        return file[(int)section.Offset..(int)(section.Offset + section.Length)];
    }

    private static void ReadEhFrame(byte[] bytes)
    {
        CachedMemory memory = new(new MadeUpMemory().With(Base, bytes));
        UnwindTable table = UnwindTable.OfFrames(memory, Base, Base + (ulong)bytes.Length);
        for (ulong address = Base - 0x2000; address < Base; address += 0x151)
        {
            _ = table.Find(address);
        }
    }

    private static void ReadExpression(byte[] bytes)
    {
        CachedMemory memory = new(new MadeUpMemory().With(Stack, new byte[StackBytes]));
        _ = DwarfExpression.Evaluate(bytes, RegisterFile.Of(new Amd64Registers { Rsp = Stack, Rip = Base }), memory, Stack);
    }

    private static void ReadPe(byte[] bytes)
    {
        PeImage image = PeImage.Parse(bytes.AsSpan(0, Math.Min(bytes.Length, Page)));
        ReadOnlySpan<byte> directory = At(bytes, image.FileOffset(image.Debug.VirtualAddress), (uint)Page);
        if (PeImage.FindCodeView(directory) is { } entry)
        {
            _ = PeImage.CodeView(At(bytes, entry.PointerToRawData, entry.SizeOfData));
        }

        _ = PeVersion.Find(At(bytes, image.FileOffset(image.Resources.VirtualAddress), (uint)Page), image.Resources.VirtualAddress);
        _ = image.IsLaidOutAt(MemoryMap.Parse("00400000-00401000 r-xp 00000000 08:01 42 /a.dll\n"u8), new MemoryMapping { Start = 0x40_0000, End = 0x40_1000, Readable = true, Executable = true, Offset = 0, Device = 0x8_0000_0001, Inode = 42, Path = "/a.dll", Deleted = false });
    }

    private static ReadOnlySpan<byte> At(byte[] bytes, uint? offset, uint length)
        => offset is { } at && at < bytes.Length ? bytes.AsSpan((int)at, (int)Math.Min(length, (uint)bytes.Length - at)) : default;

    private static void FindLine(byte[] image, byte[] pdb)
    {
        using SourceLines lines = new(path => new MemoryStream(path == Assembly ? image : pdb));
        _ = lines.Find(Assembly, s_beside.Mvid, MadeUpAssembly.Method, 9);
    }

    private static byte[] Metadata(byte[] image)
    {
        int start = image.AsSpan().IndexOf("BSJB"u8);
        return image[start..];
    }

    private static void ReadNames(byte[] bytes)
    {
        string name = Utf8Text.Cut(Text(bytes), StacksLimits.MethodNameBytes);
        _ = (MethodNames.OfMethod(name), MethodNames.OfType(name), ManagedName.Of(name), ManagedName.LastPart(name), NativeName.OfFunction(name), NativeName.OfModule(name));
    }
}
