using System.Diagnostics;
using System.Text;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Stacks;
using Xunit;

namespace CrashHandler.Tests.Capture;

/// <summary>What the modules of a process are, for mappings of every kind.</summary>
public sealed class ModuleFinderTests : IDisposable
{
    private static readonly byte[] BuildId = [.. Enumerable.Range(1, 20).Select(i => (byte)i)];
    private static readonly byte[] OtherId = [.. Enumerable.Range(101, 20).Select(i => (byte)i)];

    private readonly MadeUpProcess _process = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("crash-handler-modules-");

    public void Dispose()
    {
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void A_library_in_pieces_is_one_module_as_long_as_its_headers_say()
    {
        _process.Map(0, 1, "r--p", 0, "/lib/a.so", MadeUpImages.Elf(BuildId, codeAddress: 0x3000, codeOffset: 0x1000, codeBytes: 0x2800))
            .Map(3, 1, "r-xp", 0x1000, "/lib/a.so", []).Map(4, 1, "rwxp", 0x2000, "/lib/a.so", []).Map(5, 1, "r-xp", 0x3000, "/lib/a.so", []);

        ModuleSnapshot module = Assert.Single(_process.Find());

        Assert.Equal((_process.AddressOf(0), 0x6000UL, "/lib/a.so"), (module.Address, module.Size, module.Path));
        Assert.Equal(BuildId, module.BuildId);
    }

    [Fact]
    public void Copies_of_one_library_are_modules_each()
    {
        for (int i = 0; i < 3; i++)
        {
            _process.Map(i * 2, 1, "r--p", 0, "/lib/a.so", MadeUpImages.Elf(BuildId)).Map((i * 2) + 1, 1, "r-xp", 0x1000, "/lib/a.so", []);
        }

        List<ModuleSnapshot> modules = _process.Find();

        Assert.Equal([_process.AddressOf(0), _process.AddressOf(2), _process.AddressOf(4)], modules.Select(module => module.Address));
        Assert.All(modules, module => Assert.Equal(0x2000UL, module.Size));
    }

    [Fact]
    public void A_replaced_library_keeps_its_path_and_the_build_id_that_runs()
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "lib"));
        File.WriteAllBytes(Path.Combine(_folder.FullName, "lib/a.so"), MadeUpImages.Elf(OtherId));
        _process.Map(0, 1, "r--p", 0, "/lib/a.so (deleted)", MadeUpImages.Elf(BuildId)).Map(1, 1, "r-xp", 0x1000, "/lib/a.so (deleted)", []);

        ModuleSnapshot module = Assert.Single(_process.Find(root: _folder.FullName));
        Assert.Equal("/lib/a.so", module.Path);
        Assert.Equal(BuildId, module.BuildId);

        // Where memory is refused the file at that path is another one, and says nothing.
        Assert.Empty(_process.Find(refused: true, root: _folder.FullName));
    }

    [Fact]
    public void Where_memory_is_refused_the_file_below_the_processs_root_tells()
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "lib"));
        File.WriteAllBytes(Path.Combine(_folder.FullName, "lib/a.so"), MadeUpImages.Elf(BuildId));
        File.WriteAllBytes(Path.Combine(_folder.FullName, "lib/b.dll"), MadeUpImages.Assembly());
        _process.Map(0, 1, "r--p", 0, "/lib/a.so", []).Map(1, 1, "r-xp", 0x1000, "/lib/a.so", []).Map(4, 2, "r--s", 0, "/lib/b.dll", [], inode: 101);

        List<ModuleSnapshot> modules = _process.Find(refused: true, root: _folder.FullName);

        Assert.Equal(["/lib/a.so", "/lib/b.dll"], modules.Select(module => module.Path));
        Assert.Equal(BuildId, modules[0].BuildId);
        AssertIsAssembly(modules[1], 0x4000);
    }

    [Fact]
    public void Data_is_no_module()
    {
        byte[] object32 = MadeUpImages.Elf(BuildId);
        object32[4] = 1;
        byte[] noHeaders = MadeUpImages.Elf(BuildId);
        noHeaders[56] = 0;
        _process.Map(0, 1, "r--p", 0, "/usr/lib/locale/locale-archive", "locale"u8, 1)
            .Map(2, 1, "r--s", 0, "/usr/share/fonts/a.ttf", [0, 1, 0, 0], 2)
            .Map(4, 1, "r--p", 0, "/data/letters", "MZ, and no more"u8, 3)
            .Map(6, 1, "rw-s", 0, "/data/empty", [], 4)
            .Map(8, 2, "r--p", 0, "/data/native.exe", MadeUpImages.Assembly(managed: false), 5)
            .Map(12, 1, "r--p", 0, "/lib32/libc.so", object32, 6)
            .Map(14, 1, "r--p", 0, "/src/a.o", noHeaders, 7)
            .Map(16, 4, "r--p", 0, "/lib/read-as-a-file.so", MadeUpImages.Elf(BuildId, codeAddress: 0x3000, codeOffset: 0x1000), 8);

        Assert.Empty(_process.Find());
        Assert.Empty(_process.Errors.ToArray());
    }

    [Fact]
    public void An_assembly_mapped_as_its_file_has_pdb_stamp_and_version()
    {
        _process.Map(0, 2, "r--s", 0, "/app/a.dll", MadeUpImages.Assembly());

        AssertIsAssembly(Assert.Single(_process.Find()), 0x4000);
    }

    [Fact]
    public void An_assembly_laid_out_hides_the_mapping_of_its_file()
    {
        byte[] file = MadeUpImages.Assembly();
        _process.Map(0, 2, "r--s", 0, "/app/a.dll", file)
            .Map(8, 1, "r--p", 0, "/app/a.dll", file.AsSpan(0, 4_096)).Map(10, 1, "r-xp", 0x1000, "/app/a.dll", file.AsSpan(4_096));

        ModuleSnapshot module = Assert.Single(_process.Find());

        Assert.Equal(_process.AddressOf(8), module.Address);
        AssertIsAssembly(module, 0x4000);
    }

    [Fact]
    public void An_assembly_ends_where_a_library_or_anothers_code_begins()
    {
        _process.Map(0, 2, "r--p", 0, "/app/a.dll", MadeUpImages.Assembly())
            .Map(2, 1, "r--p", 0, "/lib/a.so", MadeUpImages.Elf(BuildId), 101).Map(3, 1, "r-xp", 0x1000, "/lib/a.so", [], 101)
            .Map(6, 2, "r--p", 0, "/app/b.dll", MadeUpImages.Assembly(), 102).Map(9, 1, "r-xp", 0, "", [], 0);

        List<ModuleSnapshot> modules = _process.Find();

        Assert.Equal([0x2000UL, 0x2000UL, 0x3000UL], modules.Select(module => module.Size));
        Assert.All(_process.Errors.ToArray(), error => Assert.Equal("main executable", error.Subject));
    }

    [Fact]
    public void Too_many_modules_cost_assemblies_first_and_never_the_main_one()
    {
        const int assemblies = 100;
        using MadeUpProcess process = new(pages: 2 * (assemblies + CaptureLimits.MaxModules));
        byte[] assembly = MadeUpImages.Assembly();
        byte[] elf = MadeUpImages.Elf(BuildId);
        for (int i = 0; i < assemblies; i++)
        {
            process.Map(2 * i, 2, "r--p", 0, $"/app/{i}.dll", assembly, 1 + i);
        }

        for (int i = assemblies; i < assemblies + CaptureLimits.MaxModules - 10; i++)
        {
            process.Map(2 * i, 1, "r--p", 0, $"/lib/{i}.so", elf, 1 + i).Map((2 * i) + 1, 1, "r-xp", 0x1000, $"/lib/{i}.so", [], 1 + i);
        }

        List<ModuleSnapshot> modules = process.Find(entry: process.AddressOf((2 * 500) + 1));

        Assert.Equal(CaptureLimits.MaxModules, modules.Count);
        Assert.Equal("/lib/500.so", modules[0].Path);
        Assert.Equal(10, modules.Count(module => module.Pe is not null));
        Assert.Contains(process.Errors.ToArray(), error => error.Reason.Contains("90 modules left out", StringComparison.Ordinal));
    }

    [Fact]
    public void A_damaged_assembly_is_refused_or_read_but_never_worse()
    {
        byte[] whole = MadeUpImages.Assembly();
        Random random = new(5);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. whole];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                bytes[random.Next(2) == 0 ? random.Next(0x80, 0x1B0) : random.Next(0x1000, 0x1300)] = (byte)random.Next(256);
            }

            try
            {
                PeImage image = PeImage.Parse(bytes.AsSpan(0, random.Next(8) == 0 ? random.Next(4_096) : 4_096));
                image.FileOffset(image.Debug.VirtualAddress);
                PeImage.FindCodeView(bytes.AsSpan(0x1000, 56));
                PeImage.CodeView(bytes.AsSpan(0x1100, random.Next(40)));
                PeVersion.Find(bytes.AsSpan(0x1200, random.Next(0x200)), image.Resources.VirtualAddress);
            }
            catch (InvalidDataException)
            {
                continue;
            }
        }
    }

    /// <summary>Executables of every kind of linking, run for real.</summary>
    [Theory]
    [InlineData("-no-pie", "2")]
    [InlineData("-static", "2")]
    [InlineData("-static-pie", "3")]
    [InlineData("-s -pie", "3")]
    [InlineData("-s -Wl,-z,noseparate-code -pie", "3")]
    public void The_main_executable_is_found_however_it_was_linked(string flags, string type)
    {
        string source = Path.Combine(_folder.FullName, "waits.c");
        string program = Path.Combine(_folder.FullName, "waits");
        File.WriteAllText(source, "#include <stdio.h>\nint main(void) { puts(\"up\"); fflush(stdout); return getchar(); }\n");
        using Process compiler = Process.Start("cc", [.. flags.Split(' '), $"-Wl,--build-id=0x{VictimProgram.BuildId}", "-o", program, source]);
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
        Assert.Equal(type, File.ReadAllBytes(program)[16].ToString(System.Globalization.CultureInfo.InvariantCulture));
        using Process process = Process.Start(new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Assert.Equal("up", process.StandardOutput.ReadLine());

        MemoryMap map = MemoryMap.Parse(File.ReadAllBytes($"/proc/{process.Id}/maps"));
        ulong? entry = AuxiliaryVector.Find(File.ReadAllBytes($"/proc/{process.Id}/auxv"), AuxiliaryVector.Entry);
        using RemoteMemory memory = new(process.Id, $"/proc/{process.Id}", _process.Errors, new SnapshotMemory());
        List<ModuleSnapshot> modules = new ModuleFinder(map, memory, $"/proc/{process.Id}/root", _process.Errors, CaptureFailSpots.None).Find(entry, program);
        process.StandardInput.Close();
        process.WaitForExit();

        Assert.Empty(_process.Errors.ToArray());
        Assert.Equal((program, VictimProgram.BuildId), (modules[0].Path, Convert.ToHexStringLower(modules[0].BuildId)));
        MemoryMapping first = map.Mappings.First(mapping => mapping.Path == program);
        MemoryMapping last = map.Mappings.Last(mapping => mapping.Path == program);
        Assert.Equal(first.Start, modules[0].Address);
        Assert.True(last.End <= modules[0].Address + modules[0].Size);
        Assert.Contains(modules, module => module.Path == "linux-gate.so");
    }

    /// <summary>The tests' own process: a real .NET program.</summary>
    [Fact]
    public void Assemblies_of_a_real_process_are_named_as_their_files_say()
    {
        MemoryMap map = MemoryMap.Parse(File.ReadAllBytes("/proc/self/maps"));
        using RemoteMemory memory = new(Environment.ProcessId, "/proc/self", _process.Errors, new SnapshotMemory());
        List<ModuleSnapshot> modules = new ModuleFinder(map, memory, "/proc/self/root", _process.Errors, CaptureFailSpots.None).Find(null, "");

        ModuleSnapshot[] assemblies = [.. modules.Where(module => module.Pe is not null)];
        Assert.Contains(assemblies, module => Path.GetFileName(module.Path) == "System.Private.CoreLib.dll");
        Assert.Contains(assemblies, module => module.Path == typeof(ModuleFinderTests).Assembly.Location);
        foreach (ModuleSnapshot module in assemblies)
        {
            using System.Reflection.PortableExecutable.PEReader reader = new(File.OpenRead(module.Path));
            Assert.Equal((uint)reader.PEHeaders.CoffHeader.TimeDateStamp, module.Pe!.TimeDateStamp);
            System.Reflection.PortableExecutable.DebugDirectoryEntry entry = reader.ReadDebugDirectory()
                .FirstOrDefault(candidate => candidate.Type == System.Reflection.PortableExecutable.DebugDirectoryEntryType.CodeView);
            Assert.Equal(entry.DataSize > 0, module.Pe.CodeView.Length > 0);
            if (entry.DataSize > 0)
            {
                System.Reflection.PortableExecutable.CodeViewDebugDirectoryData data = reader.ReadCodeViewDebugDirectoryData(entry);
                Assert.Equal((data.Guid, data.Age), (new Guid(module.Pe.CodeView.AsSpan(4, 16)), BitConverter.ToInt32(module.Pe.CodeView, 20)));
                Assert.Equal(data.Path, Encoding.UTF8.GetString(module.Pe.CodeView.AsSpan(24).TrimEnd((byte)0)));
            }

            FileVersionInfo version = FileVersionInfo.GetVersionInfo(module.Path);
            Assert.True(module.Pe.FileVersion != 0 || version.FileMajorPart == 0, $"{module.Path} at {module.Address:x} has no version");
            Assert.Equal(((ulong)version.FileMajorPart << 48) | ((ulong)version.FileMinorPart << 32) | ((ulong)version.FileBuildPart << 16) | (uint)version.FilePrivatePart, module.Pe.FileVersion);
        }

        for (int i = 1; i < modules.Count; i++)
        {
            Assert.True(modules[i - 1].Address + modules[i - 1].Size <= modules[i].Address);
        }
    }

    private static void AssertIsAssembly(ModuleSnapshot module, ulong size)
    {
        Assert.Equal((size, 0x9ABCDEF0u, 0x0001_0002_0003_0004UL, 0x0005_0006_0007_0008UL),
            (module.Size, module.Pe!.TimeDateStamp, module.Pe.FileVersion, module.Pe.ProductVersion));
        Assert.Equal([.. "RSDS"u8, .. MadeUpImages.Pdb.ToByteArray(), 1, 0, 0, 0, .. "app.pdb\0"u8], module.Pe.CodeView);
    }
}
