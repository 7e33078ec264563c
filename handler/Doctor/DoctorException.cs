namespace CrashHandler.Handler.Doctor;

/// <summary>What is to be looked at is not there. The message says so in one line.</summary>
internal sealed class DoctorException(string message, Exception? cause = null) : Exception(message, cause);
