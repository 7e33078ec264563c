namespace CrashHandler.Victims.Stacks;

/// <summary>What a collection has to go through, one by one.</summary>
internal sealed class Node(Node? next)
{
    public Node? Next { get; } = next;
}
