using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Handler.Stacks;
using Xunit;

namespace CrashHandler.Tests.Minidump;

/// <summary>
/// Every record has the documented size, and every field is read from the documented offset. The offsets are those of the
/// format, not of the code: a pattern is put there and must come out of the property.
/// </summary>
public sealed class RecordLayoutTests
{
    // Bytes of the record; then all its fields: name, offset and bytes.
    private static readonly Dictionary<Type, (int Size, string[] Fields)> s_records = new()
    {
        [typeof(MinidumpHeader)] = (32, ["Signature 0 4", "Version 4 4", "NumberOfStreams 8 4", "StreamDirectoryRva 12 4", "CheckSum 16 4", "TimeDateStamp 20 4", "Flags 24 8"]),
        [typeof(MinidumpLocationDescriptor)] = (8, ["DataSize 0 4", "Rva 4 4"]),
        [typeof(MinidumpDirectory)] = (12, ["StreamType 0 4", "Location 4 8"]),
        [typeof(MinidumpMemoryDescriptor)] = (16, ["StartOfMemoryRange 0 8", "Memory 8 8"]),
        [typeof(MinidumpMemoryDescriptor64)] = (16, ["StartOfMemoryRange 0 8", "DataSize 8 8"]),
        [typeof(MinidumpThread)] = (48, ["ThreadId 0 4", "SuspendCount 4 4", "PriorityClass 8 4", "Priority 12 4", "Teb 16 8", "Stack 24 16", "ThreadContext 40 8"]),
        [typeof(MinidumpThreadName)] = (12, ["ThreadId 0 4", "RvaOfThreadName 4 8"]),
        [typeof(MinidumpException)] = (152, ["ExceptionCode 0 4", "ExceptionFlags 4 4", "ExceptionRecord 8 8", "ExceptionAddress 16 8", "NumberParameters 24 4", "Reserved 28 4", "ExceptionInformation 32 120"]),
        [typeof(MinidumpExceptionStream)] = (168, ["ThreadId 0 4", "Reserved 4 4", "ExceptionRecord 8 152", "ThreadContext 160 8"]),
        [typeof(VsFixedFileInfo)] = (52, ["Signature 0 4", "StrucVersion 4 4", "FileVersionMs 8 4", "FileVersionLs 12 4", "ProductVersionMs 16 4", "ProductVersionLs 20 4", "FileFlagsMask 24 4",
            "FileFlags 28 4", "FileOs 32 4", "FileType 36 4", "FileSubtype 40 4", "FileDateMs 44 4", "FileDateLs 48 4"]),
        [typeof(MinidumpModule)] = (108, ["BaseOfImage 0 8", "SizeOfImage 8 4", "CheckSum 12 4", "TimeDateStamp 16 4", "ModuleNameRva 20 4", "VersionInfo 24 52", "CvRecord 76 8", "MiscRecord 84 8",
            "Reserved0 92 8", "Reserved1 100 8"]),
        [typeof(CodeViewPdb70)] = (24, ["CvSignature 0 4", "Signature 4 16", "Age 20 4"]),
        [typeof(MinidumpSystemInfo)] = (56, ["ProcessorArchitecture 0 2", "ProcessorLevel 2 2", "ProcessorRevision 4 2", "NumberOfProcessors 6 1", "ProductType 7 1", "MajorVersion 8 4", "MinorVersion 12 4",
            "BuildNumber 16 4", "PlatformId 20 4", "CsdVersionRva 24 4", "SuiteMask 28 2", "Reserved2 30 2", "VendorId0 32 4", "VendorId1 36 4", "VendorId2 40 4",
            "VersionInformation 44 4", "FeatureInformation 48 4", "AmdExtendedCpuFeatures 52 4"]),
        [typeof(SystemTime)] = (16, ["Year 0 2", "Month 2 2", "DayOfWeek 4 2", "Day 6 2", "Hour 8 2", "Minute 10 2", "Second 12 2", "Milliseconds 14 2"]),
        [typeof(TimeZoneInformation)] = (172, ["Bias 0 4", "StandardName 4 64", "StandardDate 68 16", "StandardBias 84 4", "DaylightName 88 64", "DaylightDate 152 16", "DaylightBias 168 4"]),
        [typeof(MinidumpMiscInfo4)] = (832, ["SizeOfInfo 0 4", "Flags1 4 4", "ProcessId 8 4", "ProcessCreateTime 12 4", "ProcessUserTime 16 4", "ProcessKernelTime 20 4", "ProcessorMaxMhz 24 4",
            "ProcessorCurrentMhz 28 4", "ProcessorMhzLimit 32 4", "ProcessorMaxIdleState 36 4", "ProcessorCurrentIdleState 40 4", "ProcessIntegrityLevel 44 4",
            "ProcessExecuteFlags 48 4", "ProtectedProcess 52 4", "TimeZoneId 56 4", "TimeZone 60 172", "BuildString 232 520", "DbgBldStr 752 80"]),
        [typeof(MinidumpCrashpadInfo)] = (64, ["Version 0 4", "ReportId 4 16", "ClientId 20 16", "SimpleAnnotations 36 8", "ModuleList 44 8", "Reserved 52 4", "AddressMask 56 8"]),
        [typeof(MinidumpSimpleStringDictionaryEntry)] = (8, ["Key 0 4", "Value 4 4"]),
        [typeof(MinidumpModuleCrashpadInfoLink)] = (12, ["MinidumpModuleListIndex 0 4", "Location 4 8"]),
        [typeof(MinidumpModuleCrashpadInfo)] = (28, ["Version 0 4", "ListAnnotations 4 8", "SimpleAnnotations 12 8", "AnnotationObjects 20 8"]),
        [typeof(MinidumpAnnotation)] = (12, ["Name 0 4", "Type 4 2", "Reserved 6 2", "Value 8 4"]),
        [typeof(MinidumpMemoryInfoList)] = (16, ["SizeOfHeader 0 4", "SizeOfEntry 4 4", "NumberOfEntries 8 8"]),
        [typeof(MinidumpMemoryInfo)] = (48, ["BaseAddress 0 8", "AllocationBase 8 8", "AllocationProtect 16 4", "Alignment1 20 4", "RegionSize 24 8", "State 32 4", "Protect 36 4", "Type 40 4", "Alignment2 44 4"]),
        [typeof(MinidumpHandleDataStream)] = (16, ["SizeOfHeader 0 4", "SizeOfDescriptor 4 4", "NumberOfDescriptors 8 4", "Reserved 12 4"]),
        [typeof(MinidumpHandleDescriptor)] = (32, ["Handle 0 8", "TypeNameRva 8 4", "ObjectNameRva 12 4", "Attributes 16 4", "GrantedAccess 20 4", "HandleCount 24 4", "PointerCount 28 4"]),
        [typeof(MinidumpBreakpadInfo)] = (12, ["Validity 0 4", "DumpThreadId 4 4", "RequestingThreadId 8 4"]),
        [typeof(MinidumpUnloadedModule)] = (24, ["BaseOfImage 0 8", "SizeOfImage 8 4", "CheckSum 12 4", "TimeDateStamp 16 4", "ModuleNameRva 20 4"]),
        [typeof(MinidumpUnloadedModuleList)] = (12, ["SizeOfHeader 0 4", "SizeOfEntry 4 4", "NumberOfEntries 8 4"]),
        [typeof(MinidumpThreadInfoList)] = (12, ["SizeOfHeader 0 4", "SizeOfEntry 4 4", "NumberOfEntries 8 4"]),
        [typeof(MinidumpThreadInfo)] = (64, ["ThreadId 0 4", "DumpFlags 4 4", "DumpError 8 4", "ExitStatus 12 4", "CreateTime 16 8", "ExitTime 24 8", "KernelTime 32 8", "UserTime 40 8", "StartAddress 48 8",
            "Affinity 56 8"]),
        [typeof(Amd64Context)] = (1232, ["ContextFlags 48 4", "MxCsr 52 4", "SegCs 56 2", "SegDs 58 2", "SegEs 60 2", "SegFs 62 2", "SegGs 64 2", "SegSs 66 2", "EFlags 68 4",
            "Dr0 72 8", "Dr1 80 8", "Dr2 88 8", "Dr3 96 8", "Dr6 104 8", "Dr7 112 8",
            "Rax 120 8", "Rcx 128 8", "Rdx 136 8", "Rbx 144 8", "Rsp 152 8", "Rbp 160 8", "Rsi 168 8", "Rdi 176 8",
            "R8 184 8", "R9 192 8", "R10 200 8", "R11 208 8", "R12 216 8", "R13 224 8", "R14 232 8", "R15 240 8", "Rip 248 8", "FltSave 256 512",
            "VectorControl 1184 8", "DebugControl 1192 8", "LastBranchToRip 1200 8", "LastBranchFromRip 1208 8", "LastExceptionToRip 1216 8", "LastExceptionFromRip 1224 8"]),
    };

    public static TheoryData<string> Names => [.. s_records.Keys.Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void ARecordHasItsDocumentedSizeAndFields(string name)
    {
        Type type = s_records.Keys.Single(record => record.Name == name);
        typeof(RecordLayoutTests).GetMethod(nameof(Check), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type)
            .Invoke(null, BindingFlags.DoNotWrapExceptions, null, [s_records[type].Size, s_records[type].Fields], null);
    }

    /// <summary>Whoever adds a record adds it here. Arrays are fields of records, whose tests say how long they are.</summary>
    [Fact]
    public void NoRecordIsForgotten()
    {
        // The context is shared with the walk, which gives it to the runtime's debugging library.
        Type[] structs = [typeof(Amd64Context), .. typeof(Amd64Context).Assembly.GetTypes().Where(type => type.Namespace == typeof(Amd64Context).Namespace && type.IsDefined(typeof(InlineArrayAttribute))),
            .. typeof(MinidumpHeader).Assembly.GetTypes().Where(type => type.Namespace == typeof(MinidumpHeader).Namespace && type is { IsValueType: true, IsEnum: false, IsNested: false })];
        ILookup<bool, Type> byKind = structs.ToLookup(type => type.IsDefined(typeof(InlineArrayAttribute)));

        Assert.Equal(byKind[false].OrderBy(type => type.Name), s_records.Keys.OrderBy(type => type.Name));
        Assert.All(byKind[true], array => Assert.Contains(s_records.Keys.SelectMany(record => record.GetProperties()), property => property.PropertyType == array));
    }

    [Fact]
    public void TheLastOfTheExceptionsParametersIsTheFifteenth()
    {
        byte[] bytes = new byte[120];
        bytes[14 * 8] = 7;
        MinidumpExceptionInformation read = MemoryMarshal.Read<MinidumpExceptionInformation>(bytes);
        Assert.Equal(7ul, read[14]);
    }

    [Fact]
    public void TheSignatureOfAnElfsCodeViewRecordIsDocumentedAndTheBuildIdFollows()
        => Assert.Equal((0x4270454Cu, 4), (CodeViewElf.Signature, CodeViewElf.HeaderSize));

    /// <summary>Checks a record.</summary>
    /// <param name="size">Bytes.</param>
    /// <param name="fields">All of them: name, offset and bytes.</param>
    internal static void Check<T>(int size, params string[] fields)
        where T : unmanaged
    {
        Assert.Equal(size, Unsafe.SizeOf<T>());
        Assert.Equal(size, typeof(T).GetField("Size")!.GetRawConstantValue());
        Assert.Equal(fields.Select(field => field.Split(' ')[0]).Order(), typeof(T).GetProperties().Select(property => property.Name).Order());
        foreach (string field in fields)
        {
            string[] parts = field.Split(' ');
            int offset = int.Parse(parts[1]);
            byte[] pattern = [.. Enumerable.Range(1, int.Parse(parts[2])).Select(i => (byte)i)];
            byte[] bytes = new byte[size];
            pattern.CopyTo(bytes, offset);
            object value = typeof(T).GetProperty(parts[0])!.GetValue(MemoryMarshal.Read<T>(bytes))!;
            Assert.True(pattern.AsSpan().SequenceEqual(BytesOf(value)), $"{typeof(T).Name}.{field} holds {Convert.ToHexString(BytesOf(value))}");
        }
    }

    private static byte[] BytesOf(object value)
    {
        Type type = value.GetType().IsEnum ? Enum.GetUnderlyingType(value.GetType()) : value.GetType();
        return (byte[])typeof(RecordLayoutTests).GetMethod(nameof(BytesOfValue), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(type).Invoke(null, [value.GetType().IsEnum ? Convert.ChangeType(value, type) : value])!;
    }

    private static byte[] BytesOfValue<T>(T value)
        where T : unmanaged
        => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();
}
