return CrashHandler.Handler.Cli.ResidentCommands.Run(args);
