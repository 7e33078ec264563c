using System.Buffers.Binary;
using System.Text;
using CrashHandler.Handler.Minidump;
using Xunit;

namespace CrashHandler.Tests.Minidump;

/// <summary>Ten thousand damaged dumps, always the same ones: each is read or refused in bounded memory, and shown without harm to the terminal.</summary>
public sealed class ReaderMutationTests
{
    private const int Mutations = 10_000;
    private const int Seed = 20_261_123;

    /// <summary>Bytes one dump may make its reader allocate, all garbage included (<see cref="GC.GetAllocatedBytesForCurrentThread"/>).</summary>
    private const long MaxAllocated = 64L * 1024 * 1024;

    private static readonly uint[] Extremes = [0, 1, 4, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFF0, 0xFFFF_FFFF];

    [Fact]
    public void OnlyRefusedOrRead()
    {
        byte[][] seeds =
        [
            SampleSnapshot.Dump(SampleSnapshot.CreateFull()),
            SampleSnapshot.Dump(SampleSnapshot.Create()),
            SampleSnapshot.Dump(SampleSnapshot.CreateFull(threads: 1) with { Exception = null, Memory = [] }),
            RawDump.WithEverythingElse(),
        ];
        Random random = new(Seed);
        int read = 0;
        int damaged = 0;
        long most = 0;
        for (int i = 0; i < Mutations; i++)
        {
            byte[] bytes;
            do
            {
                bytes = Mutate(seeds[i % seeds.Length], random);
            }
            while (bytes.AsSpan().SequenceEqual(seeds[i % seeds.Length]));

            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                MinidumpFile dump = MinidumpFile.Read(bytes);
                read++;
                damaged += dump.Streams.Any(stream => stream.Problems.Count > 0) ? 1 : 0;
                Show(dump);
            }
            catch (MinidumpFormatException e)
            {
                Assert.DoesNotContain(e.Message, char.IsControl);
            }
            catch (Exception e) when (e is not Xunit.Sdk.IAssertionException)
            {
                Assert.Fail($"seed {Seed}, mutation {i} of dump {i % seeds.Length}: {e}");
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated <= MaxAllocated, $"seed {Seed}, mutation {i} of dump {i % seeds.Length}: {allocated} bytes allocated");
            most = Math.Max(most, allocated);
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{read} read, {damaged} of them damaged; at most {most} bytes allocated");

        // Were nearly all refused, or none damaged, the loop would have shown nothing.
        Assert.InRange(read, Mutations / 4, Mutations - 1);
        Assert.InRange(damaged, Mutations / 20, Mutations);
    }

    private static byte[] Mutate(byte[] whole, Random random)
    {
        byte[] bytes = [.. whole];
        int changes = random.Next(1, 6);
        for (int i = 0; i < changes; i++)
        {
            // Most of the file is stacks; the records before and behind them are what can hurt.
            int area = random.Next(4);
            int offset = area switch
            {
                0 => random.Next(32, Math.Min(bytes.Length - 4, 32 + (20 * 12))),
                1 => random.Next(Math.Max(0, bytes.Length - 600), bytes.Length - 4),
                _ => random.Next(0, bytes.Length - 4),
            };
            switch (random.Next(3))
            {
                case 0:
                    bytes[offset] = (byte)random.Next(256);
                    break;
                case 1:
                    BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset & ~3), Extremes[random.Next(Extremes.Length)]);
                    break;
                default:
                    BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset & ~3), (uint)random.Next(bytes.Length + 64));
                    break;
            }
        }

        return random.Next(16) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }

    private static void Show(MinidumpFile dump)
    {
        using StringWriter text = new();
        MinidumpText.Write(text, dump);
        Assert.DoesNotContain(text.ToString(), character => char.IsControl(character) && character != '\n');
        using MemoryStream json = new();
        MinidumpJson.Write(json, dump);
        Assert.DoesNotContain(Encoding.UTF8.GetString(json.ToArray()), character => char.IsControl(character) && character != '\n');
    }
}
