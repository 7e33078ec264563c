using System.Runtime.CompilerServices;
using System.Text.Json;

namespace CrashHandler.Victims;

/// <summary>Ways to use up the memory that <c>DOTNET_GCHeapHardLimit</c> leaves, as a program does: until nothing more can be had.</summary>
internal static class MemoryKinds
{
    private sealed class Node(Node? former)
    {
        public Node? Former { get; } = former;
    }

    /// <summary>Dies of an OutOfMemoryException that nobody catches.</summary>
    public static void Exhaust(string kind)
    {
        switch (kind)
        {
            case "memory-array": FillArray(); break;
            case "memory-list": FillList(); break;
            case "memory-json": FillJson(); break;
            case "memory-thread":
                Thread worker = new(FillArray);
                worker.Start();
                worker.Join();
                break;
            default: throw new NotSupportedException($"unknown kind {kind}");
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FillArray()
    {
        const int Piece = 1 << 20;
        List<byte[]> pieces = [];
        while (true)
        {
            pieces.Add(new byte[Piece]);
        }
    }

    // Down to the last few bytes of the heap.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FillList()
    {
        for (Node? last = null; ; last = new Node(last))
        {
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FillJson()
    {
        for (string text = "text"; ; text = JsonSerializer.Serialize(text + text, Words.Default.String))
        {
        }
    }
}
