using CrashHandler.Handler.Managed;
using Xunit;

namespace CrashHandler.Tests.Managed;

/// <summary>Broken assemblies and PDBs by the thousand: each has lines or none, and nothing is thrown.</summary>
public sealed class SourceLinesMutationTests
{
    private const string Assembly = "/app/made.dll";
    private const int Rounds = 6_000;
    private const int MostChanges = 8;

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public void NothingIsThrown(bool isImage, bool isEmbedded)
    {
        MadeUpAssembly made = MadeUpAssembly.Make(1, [(0, 10), (4, 0), (8, 30)], isEmbedded: isEmbedded);
        int found = 0, missing = 0;
        for (int seed = 0; seed < Rounds; seed++)
        {
            byte[] image = isImage ? Mutate(made.Image, seed) : made.Image;
            byte[] pdb = isImage ? made.Pdb : Mutate(made.Pdb, seed);
            using SourceLines lines = new(path => new MemoryStream(path == Assembly ? image : pdb));
            try
            {
                _ = lines.Find(Assembly, made.Mvid, MadeUpAssembly.Method, 9) is null ? missing++ : found++;
            }
            catch (Exception thrown)
            {
                Assert.Fail($"seed {seed}: {thrown}");
            }
        }

        Assert.True(found > 0 && missing > 0, $"{found} found, {missing} missing: the mutations say nothing");
    }

    private static byte[] Mutate(byte[] original, int seed)
    {
        Random random = new(seed);
        byte[] bytes = [.. original];
        for (int i = random.Next(MostChanges); i >= 0; i--)
        {
            int at = random.Next(bytes.Length);
            bytes[at] = random.Next(4) switch
            {
                0 => byte.MaxValue,
                1 => 0,
                2 => (byte)(bytes[at] ^ (1 << random.Next(8))),
                _ => (byte)random.Next(256),
            };
        }

        return random.Next(8) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }
}
