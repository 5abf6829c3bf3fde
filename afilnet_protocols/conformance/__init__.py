"""The contract that every backend and every service is held to.

`runner` runs `cases` on `targets`, and `case_player` plays each: on a target, and on what says what is right, the model
of `reference`. `generated` draws sequences for it, `results` says what was found and means, `reports` writes it down.
`examination` looks beforehand whether all this works, `rehearsal` tells beforehand what would be asked, `replay` plays
one sequence again, `mutants` shows that mistakes are caught; `compare` asks two services the same questions.
"""
