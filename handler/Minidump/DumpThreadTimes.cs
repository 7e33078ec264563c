namespace CrashHandler.Handler.Minidump;

/// <summary>What Windows says of a thread's life.</summary>
/// <param name="StartAddress">The function it began with.</param>
/// <param name="Created">When; null: not known.</param>
/// <param name="UserTime">Processor time in user mode.</param>
/// <param name="KernelTime">Processor time in the kernel.</param>
internal sealed record DumpThreadTimes(ulong StartAddress, DateTimeOffset? Created, TimeSpan UserTime, TimeSpan KernelTime);
