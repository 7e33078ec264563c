namespace CrashHandler.Handler.Capture;

/// <summary>One open file descriptor.</summary>
/// <param name="Number">As the process knows it.</param>
/// <param name="Kind"><c>File</c>, <c>Socket</c>, <c>Pipe</c>, or what the kernel calls it, such as <c>anon_inode:[eventpoll]</c>.</param>
/// <param name="Target">Where its link in /proc points, such as <c>/dev/null</c> or <c>socket:[123]</c>.</param>
internal readonly record struct DescriptorSnapshot(int Number, string Kind, string Target);
