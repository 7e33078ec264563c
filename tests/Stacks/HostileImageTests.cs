using System.Diagnostics;
using System.Text;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Elf;
using CrashHandler.Handler.Stacks.Native;
using Xunit;

namespace CrashHandler.Tests.Stacks;

/// <summary>Images whose tables were written by an enemy: nothing worse comes of them than frames that are not there.</summary>
public sealed class HostileImageTests
{
    private const ulong Base = 0x5000_0000;
    private const ulong Stack = 0x7000_0000;
    private const int StackBytes = 0x4000;

    // Each image alone takes far below a millisecond; one that hung would take for ever.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(false, 3_000)]
    [InlineData(true, 300)]
    public void Mutated_tables_never_crash_or_hang(bool isStatic, int images)
    {
        byte[] file = File.ReadAllBytes(isStatic ? StackPrograms.Static : StackPrograms.Usual);
        (byte[] image, ulong address) = Load(file);
        WalkModule module = new("/victim", address, (ulong)image.Length, ElfFile.Read(new MemoryStream(file)).BuildId, IsElf: true);
        byte[] maps = Encoding.ASCII.GetBytes(
            $"{address:x}-{module.End:x} r-xp 00000000 08:01 7 /victim\n{Stack:x}-{Stack + StackBytes:x} rw-p 00000000 00:00 0 [stack]\n");
        Random random = new(4711);
        long frames = 0;
        Stopwatch clock = Stopwatch.StartNew();
        for (int i = 0; i < images; i++)
        {
            byte[] mutatedImage = Mutate(image, random, isStatic ? 0x95000 : 0);
            byte[] mutatedFile = Mutate(file, random, 0);
            byte[] stack = new byte[StackBytes];
            for (int at = 0; at < StackBytes; at += 8)
            {
                ulong word = random.Next(3) switch
                {
                    0 => address + (ulong)random.Next(image.Length),
                    1 => Stack + (ulong)random.Next(StackBytes),
                    _ => (ulong)random.NextInt64(),
                };
                BitConverter.TryWriteBytes(stack.AsSpan(at), word);
            }

            using NativeUnwinder unwinder = new(new MadeUpMemory().With(address, mutatedImage).With(Stack, stack), [module], maps, _ => new MemoryStream(mutatedFile));
            for (int thread = 0; thread < 4; thread++)
            {
                Amd64Registers registers = new() { Rip = address + (ulong)random.Next(image.Length), Rsp = Stack + (ulong)random.Next(StackBytes), Rbp = Stack + ((ulong)random.Next(StackBytes / 8) * 8) };
                int count = unwinder.Unwind(registers).Count();
                Assert.InRange(count, 1, StacksLimits.ReadFrames);
                frames += count;
            }

            Assert.True(clock.Elapsed < s_limit, $"{i} images took {clock.Elapsed}");
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{images} images, {frames} frames, {clock.Elapsed.TotalMilliseconds:F0} ms");
    }

    private static byte[] Mutate(byte[] bytes, Random random, int from)
    {
        byte[] mutated = [.. bytes];
        int count = random.Next(1, 60);
        for (int i = 0; i < count; i++)
        {
            // Headers every fourth time, else anywhere in the tables.
            int at = random.Next(4) == 0 ? random.Next(0x400) : random.Next(from, bytes.Length);
            mutated[at] = random.Next(3) switch
            {
                0 => 0xff,
                1 => 0,
                _ => (byte)random.Next(256),
            };
        }

        return mutated;
    }

    /// <summary>Lays a file out as a loader does it.</summary>
    private static (byte[] Image, ulong Address) Load(byte[] file)
    {
        ElfImage elf = ElfImage.Parse(file.AsSpan(0, 4_096));
        byte[] image = new byte[elf.Size];
        foreach (Elf64ProgramHeader load in elf.Loads)
        {
            file.AsSpan((int)load.Offset, (int)load.FileSize).CopyTo(image.AsSpan((int)(load.VirtualAddress - elf.HeaderAddress)));
        }

        return (image, elf.HeaderAddress == 0 ? Base : elf.HeaderAddress);
    }
}
