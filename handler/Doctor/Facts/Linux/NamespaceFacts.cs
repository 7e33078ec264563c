namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>Where this process lives.</summary>
/// <param name="Container">The mark of a container that was found, such as <c>/.dockerenv</c>; null: none.</param>
/// <param name="IsOwnPid">Its pid namespace is not the machine's first.</param>
/// <param name="IsOwnUser">Its user namespace is not the machine's first.</param>
/// <param name="FirstProcess">Name of PID 1; null: it is hidden.</param>
internal sealed record NamespaceFacts(string? Container, bool IsOwnPid, bool IsOwnUser, string? FirstProcess);
