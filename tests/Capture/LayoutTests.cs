using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks.Elf;
using CrashHandler.Handler.Stacks.Native;
using CrashHandler.Handler.Stacks.Pe;
using CrashHandler.Native;
using Xunit;

namespace CrashHandler.Tests.Capture;

/// <summary>The records of the kernel, the C library, the ELF and the PE format, and the shim, have the sizes and offsets that their documentation gives, field by field.</summary>
public sealed class LayoutTests
{
    // Bytes of the record; then each field, its offset and its bytes.
    private static readonly Dictionary<Type, (int Size, string[] Fields)> s_records = new()
    {
        // user_regs_struct of sys/user.h
        [typeof(UserRegs)] = (216, ["R15 0 8", "R14 8 8", "R13 16 8", "R12 24 8", "Rbp 32 8", "Rbx 40 8", "R11 48 8", "R10 56 8", "R9 64 8", "R8 72 8", "Rax 80 8", "Rcx 88 8",
            "Rdx 96 8", "Rsi 104 8", "Rdi 112 8", "OrigRax 120 8", "Rip 128 8", "Cs 136 8", "EFlags 144 8", "Rsp 152 8", "Ss 160 8", "FsBase 168 8", "GsBase 176 8", "Ds 184 8",
            "Es 192 8", "Fs 200 8", "Gs 208 8"]),

        // gregset_t of sys/ucontext.h: eight times its REG_ numbers
        [typeof(GeneralRegs)] = (184, ["R8 0 8", "R9 8 8", "R10 16 8", "R11 24 8", "R12 32 8", "R13 40 8", "R14 48 8", "R15 56 8", "Rdi 64 8", "Rsi 72 8", "Rbp 80 8", "Rbx 88 8",
            "Rdx 96 8", "Rax 104 8", "Rcx 112 8", "Rsp 120 8", "Rip 128 8", "EFlags 136 8", "CsGsFs 144 8", "Err 152 8", "TrapNo 160 8", "OldMask 168 8", "Cr2 176 8"]),

        // elf(5)
        [typeof(Elf64Header)] = (64, ["Magic 0 4", "Class 4 1", "Data 5 1", "IdentVersion 6 1", "OsAbi 7 1", "Padding 8 8", "Type 16 2", "Machine 18 2", "Version 20 4", "Entry 24 8",
            "ProgramHeaderOffset 32 8", "SectionHeaderOffset 40 8", "Flags 48 4", "HeaderSize 52 2", "ProgramHeaderSize 54 2", "ProgramHeaderCount 56 2", "SectionHeaderSize 58 2",
            "SectionHeaderCount 60 2", "SectionNamesIndex 62 2"]),
        [typeof(Elf64ProgramHeader)] = (56, ["Type 0 4", "Flags 4 4", "Offset 8 8", "VirtualAddress 16 8", "PhysicalAddress 24 8", "FileSize 32 8", "MemorySize 40 8", "Alignment 48 8"]),
        [typeof(Elf64NoteHeader)] = (12, ["NameSize 0 4", "DescriptorSize 4 4", "Type 8 4"]),

        [typeof(Elf64SectionHeader)] = (64, ["NameOffset 0 4", "Type 4 4", "Flags 8 8", "Address 16 8", "Offset 24 8", "Length 32 8", "Link 40 4", "Info 44 4", "Alignment 48 8", "EntrySize 56 8"]),
        [typeof(Elf64Symbol)] = (24, ["NameOffset 0 4", "Info 4 1", "Other 5 1", "SectionIndex 6 2", "Value 8 8", "Length 16 8"]),
        [typeof(Elf64Dynamic)] = (16, ["Tag 0 8", "Value 8 8"]),

        // LSB core specification, "The .eh_frame_hdr section"
        [typeof(EhFrameHeader)] = (4, ["Version 0 1", "FramePointerEncoding 1 1", "CountEncoding 2 1", "TableEncoding 3 1"]),
        [typeof(EhFrameTableEntry)] = (8, ["InitialLocation 0 4", "Address 4 4"]),

        // The PE format: "MS-DOS Stub", "COFF File Header", "Optional Header", "Optional Header Data Directories", "Debug Directory", "Section Table", "Export Directory Table"; winnt.h
        [typeof(ImageDosHeader)] = (64, ["Magic 0 2", "NewHeader 60 4"]),
        [typeof(ImageFileHeader)] = (20, ["Machine 0 2", "NumberOfSections 2 2", "TimeDateStamp 4 4", "PointerToSymbolTable 8 4", "NumberOfSymbols 12 4", "SizeOfOptionalHeader 16 2",
            "Characteristics 18 2"]),
        [typeof(ImageOptionalHeader64)] = (112, ["Magic 0 2", "SizeOfImage 56 4", "NumberOfRvaAndSizes 108 4"]),
        [typeof(ImageNtHeaders64)] = (136, ["Signature 0 4", "FileHeader 4 20", "OptionalHeader 24 112"]),
        [typeof(ImageDataDirectory)] = (8, ["VirtualAddress 0 4", "Length 4 4"]),
        [typeof(PeDebugDirectory)] = (28, ["Characteristics 0 4", "TimeDateStamp 4 4", "MajorVersion 8 2", "MinorVersion 10 2", "Type 12 4", "SizeOfData 16 4", "AddressOfRawData 20 4",
            "PointerToRawData 24 4"]),
        [typeof(ImageSectionHeader)] = (40, ["Name 0 8", "VirtualSize 8 4", "VirtualAddress 12 4", "SizeOfRawData 16 4", "PointerToRawData 20 4", "PointerToRelocations 24 4",
            "PointerToLinenumbers 28 4", "NumberOfRelocations 32 2", "NumberOfLinenumbers 34 2", "Characteristics 36 4"]),
        [typeof(ImageExportDirectory)] = (40, ["Characteristics 0 4", "TimeDateStamp 4 4", "MajorVersion 8 2", "MinorVersion 10 2", "Name 12 4", "Base 16 4", "NumberOfFunctions 20 4",
            "NumberOfNames 24 4", "AddressOfFunctions 28 4", "AddressOfNames 32 4", "AddressOfNameOrdinals 36 4"]),

        // "x64 exception handling"
        [typeof(RuntimeFunction)] = (12, ["BeginAddress 0 4", "EndAddress 4 4", "UnwindData 8 4"]),
        [typeof(UnwindInfo)] = (4, ["VersionAndFlags 0 1", "SizeOfProlog 1 1", "CountOfCodes 2 1", "FrameRegisterAndOffset 3 1"]),
        [typeof(UnwindCode)] = (2, ["CodeOffset 0 1", "OperationAndInfo 1 1"]),

        // Intel SDM, volume 3, "64-Bit Mode Stack Frame"
        [typeof(MachineFrame)] = (40, ["Rip 0 8", "Cs 8 8", "EFlags 16 8", "Rsp 24 8", "Ss 32 8"]),

        // The C library's headers on x86-64
        [typeof(Libc.IoVec)] = (16, ["Address 0 8", "Length 8 8"]),
        [typeof(Libc.MsgHdr)] = (56, ["Name 0 8", "NameLength 8 4", "Vectors 16 8", "VectorCount 24 8", "Control 32 8", "ControlLength 40 8", "Flags 48 4"]),
        [typeof(Libc.UCred)] = (12, ["Pid 0 4", "Uid 4 4", "Gid 8 4"]),
        [typeof(Libc.UtsName)] = (390, ["SystemName 0 65", "NodeName 65 65", "Release 130 65", "Version 195 65", "Machine 260 65", "DomainName 325 65"]),
        [typeof(Libc.TimeSpec)] = (16, ["Seconds 0 8", "Nanoseconds 8 8"]),
        [typeof(Libc.EpollEvent)] = (12, ["Events 0 4", "Data 4 8"]),
        [typeof(Libc.PollFd)] = (8, ["Fd 0 4", "Events 4 2", "ReturnedEvents 6 2"]),
        [typeof(Libc.StatX)] = (256, ["UserId 20 4", "Mode 28 2", "Inode 32 8", "Size 40 8", "ChangeSeconds 96 8", "DeviceMajor 136 4", "DeviceMinor 140 4"]),
        [typeof(Libc.SigInfo)] = (128, ["Code 8 4", "Pid 16 4", "Status 24 4"]),
        [typeof(Libc.RLimit)] = (16, ["Current 0 8", "Max 8 8"]),
        [typeof(Libc.StatFs)] = (120, ["Type 0 8", "BlockBytes 8 8", "Blocks 16 8", "AvailableBlocks 32 8", "Files 40 8", "FreeFiles 48 8"]),
        [typeof(Libc.PidFdInfo)] = (64, ["Mask 0 8", "ExitStatus 60 4"]),
        [typeof(Libc.WinSize)] = (8, ["Rows 0 2", "Columns 2 2", "XPixels 4 2", "YPixels 6 2"]),

        // client/native/crash_handler.h
        [typeof(ShimResult)] = (528, ["Error 0 4", "HandlerProcessId 4 4", "Hooks 8 4", "_reserved 12 4", "_message 16 512"]),
    };

    public static TheoryData<string> Names => [.. s_records.Keys.Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_record_has_its_documented_size_and_fields(string name)
    {
        (Type type, (int size, string[] fields)) = s_records.Single(record => record.Key.Name == name);

        Assert.Equal(size, Marshal.SizeOf(type));
        Assert.Equal(size, type.GetField("Size", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() ?? size);
        Assert.Equal(fields, Fields(type).Select(field => string.Create(CultureInfo.InvariantCulture, $"{field.Name} {Marshal.OffsetOf(type, field.Name)} {Marshal.SizeOf(field.FieldType)}")));
    }

    /// <summary>Whoever adds a record adds it here.</summary>
    [Fact]
    public void No_record_is_forgotten()
    {
        IEnumerable<Type> structs = typeof(Libc).GetNestedTypes()
            .Concat(typeof(UserRegs).Assembly.GetTypes().Where(type => type.GetField("Size")?.IsLiteral == true && type.Namespace == typeof(UserRegs).Namespace))
            .Concat(typeof(Elf64Header).Assembly.GetTypes().Where(type => type.GetField("Size")?.IsLiteral == true && (type.Namespace == typeof(Elf64Header).Namespace || type.Namespace == typeof(EhFrameHeader).Namespace || type.Namespace == typeof(RuntimeFunction).Namespace)));

        Assert.Equal(structs.Where(type => type.IsValueType && !type.IsEnum).Append(typeof(ShimResult)).OrderBy(type => type.FullName), s_records.Keys.OrderBy(type => type.FullName));
    }

    private static FieldInfo[] Fields(Type type) => type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
}
