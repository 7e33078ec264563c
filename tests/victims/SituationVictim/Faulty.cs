namespace CrashHandler.Tests.Victims.SituationVictim;

/// <summary>Dies when it is finalized.</summary>
internal sealed class Faulty(Action die)
{
    private readonly Action _die = die;

    ~Faulty() => _die();
}
