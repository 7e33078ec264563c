using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Managed;
using CrashHandler.Handler.Stacks;
using Xunit;

namespace CrashHandler.Tests.Managed;

/// <summary>Source lines: those of the PDB that belongs to the loaded assembly, or none, whatever lies there.</summary>
public sealed class SourceLinesTests
{
    private const string Assembly = "/app/made.dll";
    private const string Pdb = "/app/made.pdb";

    private static readonly (int, int)[] s_points = [(0, 10), (4, MadeUpAssembly.Hidden), (8, 30), (16, 20), (24, MadeUpAssembly.Hidden)];

    [Theory]
    [InlineData(0, 10)]
    [InlineData(3, 10)]
    [InlineData(4, 10)]
    [InlineData(8, 30)]
    [InlineData(23, 20)]
    [InlineData(63, 20)]
    [InlineData(int.MaxValue, 20)]
    public void LastVisibleLineAtOrBeforeTheInstruction(int offset, int line)
    {
        MadeUpAssembly made = MadeUpAssembly.Make(1, s_points);
        using SourceLines lines = Of((Assembly, made.Image), (Pdb, made.Pdb));
        Assert.Equal((MadeUpAssembly.Source, line), lines.Find(Assembly, made.Mvid, MadeUpAssembly.Method, offset));
        Assert.Empty(lines.Problems);
    }

    [Theory]
    [InlineData(MadeUpAssembly.Method, -1)]
    [InlineData(0x0600_0000u, 0)]
    [InlineData(0x0600_0002u, 0)]
    [InlineData(0x06FF_FFFFu, 0)]
    [InlineData(0x0200_0001u, 0)]
    [InlineData(0u, 0)]
    [InlineData(uint.MaxValue, 0)]
    public void NoSuchInstructionHasNoLine(uint token, int offset)
    {
        MadeUpAssembly made = MadeUpAssembly.Make(1, s_points);
        using SourceLines lines = Of((Assembly, made.Image), (Pdb, made.Pdb));
        Assert.Null(lines.Find(Assembly, made.Mvid, token, offset));
        Assert.NotNull(lines.Find(Assembly, made.Mvid, MadeUpAssembly.Method, 0));
        Assert.Empty(lines.Problems);
    }

    [Fact]
    public void BeforeTheFirstVisibleLineThereIsNone()
    {
        MadeUpAssembly made = MadeUpAssembly.Make(1, [(0, MadeUpAssembly.Hidden), (8, 5)]);
        using SourceLines lines = Of((Assembly, made.Image), (Pdb, made.Pdb));
        Assert.Null(lines.Find(Assembly, made.Mvid, MadeUpAssembly.Method, 7));
        Assert.Equal((MadeUpAssembly.Source, 5), lines.Find(Assembly, made.Mvid, MadeUpAssembly.Method, 8));
    }

    [Fact]
    public void NoPdbIsNoProblem()
    {
        MadeUpAssembly made = MadeUpAssembly.Make(1, s_points);
        using SourceLines lines = Of((Assembly, made.Image));
        Assert.Null(lines.Find(Assembly, made.Mvid, MadeUpAssembly.Method, 0));
        Assert.Null(lines.Find("/app/gone.dll", made.Mvid, MadeUpAssembly.Method, 0));
        Assert.Empty(lines.Problems);
    }

    [Fact]
    public void PdbOfAnotherBuildIsNotTaken()
    {
        MadeUpAssembly made = MadeUpAssembly.Make(1, s_points), other = MadeUpAssembly.Make(2, s_points);
        using SourceLines lines = Of((Assembly, made.Image), (Pdb, other.Pdb));
        Assert.Null(lines.Find(Assembly, made.Mvid, MadeUpAssembly.Method, 0));
        Assert.Contains("another build", Assert.Single(lines.Problems));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FileOfAnotherBuildIsNotTaken(bool isEmbedded)
    {
        MadeUpAssembly made = MadeUpAssembly.Make(1, s_points), other = MadeUpAssembly.Make(2, s_points, isEmbedded: isEmbedded);
        using SourceLines lines = Of((Assembly, other.Image), (Pdb, other.Pdb));
        Assert.Null(lines.Find(Assembly, made.Mvid, MadeUpAssembly.Method, 0));
        Assert.Contains("another build", Assert.Single(lines.Problems));
    }

    [Fact]
    public void PdbMayHaveTheNameThatTheCompilerGaveIt()
    {
        MadeUpAssembly made = MadeUpAssembly.Make(1, s_points, @"C:\src\obj\Compiled.pdb");
        using SourceLines lines = Of((Assembly, made.Image), ("/app/Compiled.pdb", made.Pdb));
        Assert.Equal((MadeUpAssembly.Source, 10), lines.Find(Assembly, made.Mvid, MadeUpAssembly.Method, 0));
    }

    [Fact]
    public void OneOfAnotherBuildDoesNotHideTheRightOne()
    {
        MadeUpAssembly made = MadeUpAssembly.Make(1, s_points, "Compiled.pdb"), other = MadeUpAssembly.Make(2, s_points);
        using SourceLines lines = Of((Assembly, made.Image), ("/app/Compiled.pdb", other.Pdb), (Pdb, made.Pdb));
        Assert.Equal((MadeUpAssembly.Source, 10), lines.Find(Assembly, made.Mvid, MadeUpAssembly.Method, 0));
        Assert.Empty(lines.Problems);
    }

    [Theory]
    [InlineData("/etc/../secret/other.txt")]
    [InlineData("../up.pdb/..")]
    [InlineData("..")]
    public void OnlyFilesBesideTheAssemblyAreOpened(string pdbPath)
    {
        MadeUpAssembly made = MadeUpAssembly.Make(1, s_points, pdbPath);
        List<string> opened = [];
        using SourceLines lines = new(path =>
        {
            opened.Add(path);
            return path == Assembly ? new MemoryStream(made.Image) : null;
        });
        Assert.Null(lines.Find(Assembly, made.Mvid, MadeUpAssembly.Method, 0));
        Assert.Equal([Assembly, Pdb], opened);
    }

    [Fact]
    public void EmbeddedPdbIsTaken()
    {
        MadeUpAssembly made = MadeUpAssembly.Make(1, s_points, isEmbedded: true);
        using SourceLines lines = Of((Assembly, made.Image));
        Assert.Equal((MadeUpAssembly.Source, 30), lines.Find(Assembly, made.Mvid, MadeUpAssembly.Method, 9));
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    [InlineData(StacksLimits.PdbBytes + 1)]
    public void EmbeddedPdbThatSaysItIsHugeIsNotDecompressed(int size)
    {
        MadeUpAssembly made = MadeUpAssembly.Make(1, s_points, isEmbedded: true);
        int header = made.Image.AsSpan().IndexOf("MPDB"u8);
        BinaryPrimitives.WriteInt32LittleEndian(made.Image.AsSpan(header + sizeof(uint)), size);
        using SourceLines lines = Of((Assembly, made.Image));
        Assert.Null(lines.Find(Assembly, made.Mvid, MadeUpAssembly.Method, 0));
        Assert.Contains($"{size} bytes", Assert.Single(lines.Problems));
    }

    [Fact]
    public void PdbForWindowsIsNotThere()
    {
        MadeUpAssembly made = MadeUpAssembly.Make(1, s_points);
        using SourceLines lines = Of((Assembly, made.Image), (Pdb, "Microsoft C/C++ MSF 7.00\r\n"u8.ToArray()));
        Assert.Null(lines.Find(Assembly, made.Mvid, MadeUpAssembly.Method, 0));
        Assert.Empty(lines.Problems);
    }

    [Fact]
    public void NameOfASourceFileThatNeverEndsIsAProblem()
    {
        MadeUpAssembly made = MadeUpAssembly.Make(1, s_points, sourceParts: StacksLimits.SourceFileChars);
        using SourceLines lines = Of((Assembly, made.Image), (Pdb, made.Pdb));
        Assert.Null(lines.Find(Assembly, made.Mvid, MadeUpAssembly.Method, 0));
        Assert.Contains("source file", Assert.Single(lines.Problems));
    }

    [Fact]
    public void SequencePointsHaveAnEnd()
    {
        const int many = StacksLimits.SequencePointsTogether / 3;
        MadeUpAssembly made = MadeUpAssembly.Make(1, [.. Enumerable.Range(0, many).Select(offset => (offset, offset + 1))]);
        using SourceLines lines = Of((Assembly, made.Image), (Pdb, made.Pdb));
        for (int past = 0; past < 3; past++)
        {
            Assert.Equal((MadeUpAssembly.Source, many), lines.Find(Assembly, made.Mvid, MadeUpAssembly.Method, many + past));
            // Asked a second time, it is known.
            Assert.Equal((MadeUpAssembly.Source, many), lines.Find(Assembly, made.Mvid, MadeUpAssembly.Method, many + past));
        }

        Assert.Null(lines.Find(Assembly, made.Mvid, MadeUpAssembly.Method, many + 4));
        Assert.Contains("sequence points", Assert.Single(lines.Problems));
    }

    [Fact]
    public void AFileThatCannotBeReadIsAProblem()
    {
        using SourceLines lines = new(_ => throw new UnauthorizedAccessException("not yours"));
        Assert.Null(lines.Find(Assembly, Guid.Empty, MadeUpAssembly.Method, 0));
        Assert.Contains("not yours", Assert.Single(lines.Problems));
    }

    [Fact]
    public void EachFileIsOpenedOnce()
    {
        MadeUpAssembly made = MadeUpAssembly.Make(1, s_points);
        List<string> opened = [];
        using SourceLines lines = new(path =>
        {
            opened.Add(path);
            return path == Assembly ? new MemoryStream(made.Image) : path == Pdb ? new MemoryStream(made.Pdb) : null;
        });
        for (int offset = 0; offset < 32; offset++)
        {
            lines.Find(Assembly, made.Mvid, MadeUpAssembly.Method, offset);
            lines.Find("/app/gone.dll", made.Mvid, MadeUpAssembly.Method, offset);
        }

        Assert.Equal([Assembly, Pdb, "/app/gone.dll"], opened);
    }

    // What the compiler and the runtime's own reader of PDBs make of this assembly.
    [Fact]
    public async Task LinesAreThoseOfTheRuntimesOwnStackTraces()
    {
        InvalidOperationException thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => Outer([1, 2]));
        StackFrame[] frames = [.. new StackTrace(thrown, fNeedFileInfo: true).GetFrames().Where(frame => frame.GetFileName() is not null)];
        using SourceLines lines = new(path => File.Exists(path) ? File.OpenRead(path) : null);
        Assert.True(frames.Length >= 3, $"{frames.Length} frames with lines");
        foreach (StackFrame frame in frames)
        {
            System.Reflection.MethodBase method = frame.GetMethod()!;
            Assert.Equal((frame.GetFileName()!, frame.GetFileLineNumber()), lines.Find(method.Module.FullyQualifiedName, method.Module.ModuleVersionId, (uint)method.MetadataToken, frame.GetILOffset()));
        }
    }

    [Fact]
    public void AnIdHasTwentyBytes()
    {
        Assert.Equal(PdbId.Size, Unsafe.SizeOf<PdbId>());
        Assert.Equal(0, Marshal.OffsetOf<PdbId>("<Guid>k__BackingField"));
        Assert.Equal(16, Marshal.OffsetOf<PdbId>("<Stamp>k__BackingField"));
    }

    private static async Task Outer(int[] values)
    {
        await Task.Yield();
        Each(values);
    }

    private static void Each(int[] values)
        => Array.ForEach(values, value =>
        {
            if (value == 2)
            {
                throw new InvalidOperationException();
            }
        });

    private static SourceLines Of(params (string Path, byte[] Content)[] files)
        => new(path => files.FirstOrDefault(file => file.Path == path).Content is { } content ? new MemoryStream(content) : null);
}
