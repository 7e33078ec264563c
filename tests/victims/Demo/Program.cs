using CrashHandler.Demo;

// The same program plays every part, as Electron's processes do: the stage calls the others by their names.
return args switch
{
    ["stage", .. string[] options] => Stage.Run(options),
    ["main", string handler, string database, string url, string uploads] => Victims.MainProcess(handler, database, url, uploads == "on"),
    ["renderer", string handler] => Victims.Renderer(handler),
    ["child"] => Victims.Child(),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: Demo stage --artifacts DIR [--no-upload]; build/demo does it for you");
    return 2;
}
