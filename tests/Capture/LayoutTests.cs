using CrashHandler.Handler.Capture.Linux;
using Xunit;

namespace CrashHandler.Tests.Capture;

/// <summary>The kernel's and the ELF format's records have the sizes and offsets that their documentation gives.</summary>
public sealed unsafe class LayoutTests
{
    [Fact]
    public void Records_have_their_documented_sizes()
    {
        Assert.Equal(UserRegs.Size, sizeof(UserRegs));
        Assert.Equal(GeneralRegs.Size, sizeof(GeneralRegs));
        Assert.Equal(Elf64Header.Size, sizeof(Elf64Header));
        Assert.Equal(Elf64ProgramHeader.Size, sizeof(Elf64ProgramHeader));
        Assert.Equal(Elf64NoteHeader.Size, sizeof(Elf64NoteHeader));
    }

    [Fact]
    public void Fields_stand_where_the_documentation_says()
    {
        UserRegs user = default;
        Assert.Equal([0, 80, 120, 128, 152, 168, 208],
            Offsets(&user, (nint)(&user.R15), (nint)(&user.Rax), (nint)(&user.OrigRax), (nint)(&user.Rip), (nint)(&user.Rsp), (nint)(&user.FsBase), (nint)(&user.Gs)));
        GeneralRegs general = default;
        Assert.Equal([0, 64, 104, 120, 128, 144, 176],
            Offsets(&general, (nint)(&general.R8), (nint)(&general.Rdi), (nint)(&general.Rax), (nint)(&general.Rsp), (nint)(&general.Rip), (nint)(&general.CsGsFs), (nint)(&general.Cr2)));
        Elf64Header elf = default;
        Assert.Equal([4, 16, 24, 32, 54, 56],
            Offsets(&elf, (nint)(&elf.Class), (nint)(&elf.Type), (nint)(&elf.Entry), (nint)(&elf.ProgramHeaderOffset), (nint)(&elf.ProgramHeaderSize), (nint)(&elf.ProgramHeaderCount)));
        Elf64ProgramHeader header = default;
        Assert.Equal([0, 8, 16, 32, 40, 48],
            Offsets(&header, (nint)(&header.Type), (nint)(&header.Offset), (nint)(&header.VirtualAddress), (nint)(&header.FileSize), (nint)(&header.MemorySize), (nint)(&header.Alignment)));
    }

    private static int[] Offsets(void* record, params nint[] fields) => [.. fields.Select(field => (int)(field - (nint)record))];
}
