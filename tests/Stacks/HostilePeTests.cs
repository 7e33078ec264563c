using System.Diagnostics;
using System.Text;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Native;
using Xunit;

namespace CrashHandler.Tests.Stacks;

/// <summary>PE images whose directories were written by an enemy: nothing worse comes of them than frames that are not there.</summary>
public sealed class HostilePeTests
{
    private const ulong Base = 0x1_4000_0000;
    private const ulong Stack = 0x7000_0000;
    private const int StackBytes = 0x1000;
    private const int ImageBytes = 0x6000;
    private const uint CodeEnd = 0x4000;

    // Each image alone takes far below a millisecond; one that hung would take for ever.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Mutated_directories_never_crash_or_hang(bool hasMap)
    {
        const int images = 150;
        byte[] maps = hasMap
            ? Encoding.ASCII.GetBytes($"{Stack:x}-{Stack + StackBytes:x} rw-p 00000000 00:00 0\n{Base:x}-{Base + ImageBytes:x} r-xp 00000000 00:00 0\n")
            : [];
        Random random = new(4711);
        byte[] image = Image(random);
        long frames = 0;
        Stopwatch clock = Stopwatch.StartNew();
        for (int i = 0; i < images; i++)
        {
            byte[] mutated = Mutate(image, random);
            WalkModule module = new("made-up.dll", Base, ImageBytes, [], IsElf: false);
            using NativeUnwinder unwinder = new(new MadeUpMemory().With(Base, mutated).With(Stack, Words(random)), [module], maps, _ => null);
            for (int thread = 0; thread < 4; thread++)
            {
                Amd64Registers registers = new() { Rip = Base + (ulong)random.Next(ImageBytes), Rsp = Stack + (ulong)random.Next(StackBytes), Rbp = Stack + ((ulong)random.Next(StackBytes / 8) * 8) };
                int count = unwinder.Unwind(registers).Count();
                Assert.InRange(count, 1, StacksLimits.ReadFrames);
                frames += count;
            }

            Assert.True(clock.Elapsed < s_limit, $"{i} images took {clock.Elapsed}");
        }

        Assert.True(frames > images * 8, $"only {frames} frames: it is not unwinding that is tested");
        TestContext.Current.TestOutputHelper!.WriteLine($"{images} images, {frames} frames, {clock.Elapsed.TotalMilliseconds:F0} ms");
    }

    /// <summary>Functions with every kind of code, some of them parts of others, and code that is for the most part epilogues and calls.</summary>
    public static byte[] Image(Random random)
    {
        string[] infos =
        [
            "01 05 02 00 0532 0130", "01 0e 05 25 0e34 0200 0a03 0572 0150 0000", "02 05 04 00 0216 0006 0532 0130", "01 00 01 00 000a 0000", "01 07 03 00 0711 00010000 0000",
            "01 0a 04 00 0a69 10000000 0442", "01 0a 04 00 0a35 30000000 0442",
        ];
        string[] codes = ["4883c420 5b c3", "488d6520 5d c3", "e800000000", "ffd0", "e9bb020000", "ebbe", "48ffe0", "415c 5b c3"];
        MadeUpPe image = new(ImageBytes, CodeEnd);
        for (uint at = 0x1000; at < CodeEnd - 16; at += 8)
        {
            image.Code(at, codes[random.Next(codes.Length)]);
        }

        for (uint at = 0x1000; at < CodeEnd; at += 0x100)
        {
            image.Function(at, at + 0xf0, infos[random.Next(infos.Length)]).Export($"Function{at:x}", at);
        }

        uint part = image.Place(Convert.FromHexString("21000000" + "00100000" + "F0100000" + "00400000"));
        return image.Function(0x2000, 0x20f0, part).Function(0x3000, 0x30f0, part | 1).Build();
    }

    private static byte[] Mutate(byte[] image, Random random)
    {
        byte[] mutated = [.. image];
        for (int i = random.Next(1, 60); i > 0; i--)
        {
            // Headers now and then, for without them there is nothing to unwind; else the directories.
            int at = random.Next(64) == 0 ? random.Next(0x400) : random.Next((int)CodeEnd, ImageBytes);
            mutated[at] = random.Next(3) switch
            {
                0 => 0xff,
                1 => 0,
                _ => (byte)random.Next(256),
            };
        }

        return mutated;
    }

    private static byte[] Words(Random random)
    {
        byte[] stack = new byte[StackBytes];
        for (int at = 0; at < StackBytes; at += sizeof(ulong))
        {
            ulong word = random.Next(3) switch
            {
                0 => Base + 0x1000 + ((ulong)random.Next(0x600) * 8) + (random.Next(2) == 0 ? 2UL : 5UL),
                1 => Stack + (ulong)random.Next(StackBytes),
                _ => (ulong)random.NextInt64(),
            };
            BitConverter.TryWriteBytes(stack.AsSpan(at), word);
        }

        return stack;
    }
}
