-- Jobs in "low" that did not ask to be checkpointed: see unprotected.md. "leave" moves
-- them to "firm", where nobody preempts them; "requeue" lets them start over when they
-- are preempted; "cancel" ends them when they are preempted.
local policy = "leave"

-- The site's CheckpointDefault of checkpoint.conf.
local default = false

-- The plugin's options are in variables of the job, also those of an sbatch inside of a
-- job.
local function option(job_desc, name)
	local variable = "_SLURM_SPANK_OPTION_checkpoint_" .. name:gsub("-", "_") .. "="
	local count = job_desc.spank_job_env_size or 0

	for i = 0, count - 1 do
		local text = job_desc.spank_job_env[i]
		if text and text:sub(1, #variable) == variable then
			return true
		end
	end
	return false
end

local function is_checkpointed(job_desc)
	if option(job_desc, "no-checkpoint") then
		return false
	end
	return default or option(job_desc, "checkpoint") or option(job_desc, "eternal") or
		option(job_desc, "checkpoint-from")
end

function slurm_job_submit(job_desc, part_list, submit_uid)
	local partition = job_desc.partition or "low" -- the default partition

	if partition ~= "low" or job_desc.script == nil or is_checkpointed(job_desc) then
		return slurm.SUCCESS
	end
	if policy == "leave" then
		job_desc.partition = "firm"
		slurm.log_user("without --checkpoint the job runs in partition firm")
	elseif policy == "cancel" then
		job_desc.requeue = 0
		slurm.log_user("without --checkpoint the job ends if it is preempted")
	else
		slurm.log_user("without --checkpoint the job starts over if it is preempted")
	end
	return slurm.SUCCESS
end

function slurm_job_modify(job_desc, job_rec, part_list, modify_uid)
	return slurm.SUCCESS
end

return slurm.SUCCESS
