namespace CrashHandler.Victims.Deaths;

/// <summary>What a report must say of the thread that dies: its id, an address on its stack, and the address it will fault on.</summary>
internal sealed unsafe class Facts(string path)
{
    /// <summary>Of the calling thread.</summary>
    public void Write(ulong address)
    {
        int here;
        File.WriteAllText(path, $"tid {NativeDeath.ThreadId()}\nstack {(ulong)&here}\naddress {address}\n");
    }
}
