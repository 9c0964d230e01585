"""Prefixes of attributes whose values are never read: content, and attributes that are not needed. Pure."""

CONTENT = """
gen_ai.input.messages gen_ai.output.messages gen_ai.system_instructions gen_ai.prompt gen_ai.completion gen_ai.content.
gen_ai.event.content gen_ai.input. gen_ai.output. gen_ai.tool.call.arguments gen_ai.tool.call.result
gen_ai.tool.definitions gen_ai.tool.description gen_ai.agent.description gen_ai.request.instructions
gen_ai.retrieval.documents gen_ai.retrieval.query gen_ai.evaluation.explanation gen_ai.memory. input.value output.value
llm.input_messages llm.output_messages llm.prompt llm.prompts llm.choices llm.completions llm.tools llm.function_call
llm.invocation_parameters llm.request.functions embedding.embeddings embedding.text embedding.vector retrieval.documents
document. reranker. message. message_content. tool.description tool.parameters tool_call. langfuse.observation.input
langfuse.observation.output langfuse.observation.metadata langfuse.observation.status_message langfuse.trace.input
langfuse.trace.output langfuse.trace.metadata langfuse.trace.name langfuse.trace.tags traceloop.entity.input
traceloop.entity.output traceloop.prompt. pydantic_ai.all_messages logfire. model_request_parameters tool_arguments
tool_response final_result all_messages_events events metadata tag.tags exception.message exception.stacktrace
db.statement db.query.text url.query ai.prompt ai.response.text ai.response.object ai.response.toolCalls
ai.toolCall.args ai.toolCall.result
"""
"""Name prefixes of attributes that hold content, or may; they are dropped before the value is parsed."""

NOT_NEEDED = """
gen_ai.request. gen_ai.response.id gen_ai.usage. gen_ai.aggregated_usage. gen_ai.server. gen_ai.sdk.version
gen_ai.client.token.usage gen_ai.is_streaming gen_ai.application_name gen_ai.environment openlit. agent_name model_name
gen_ai.output.type gen_ai.agent. gen_ai.tool. gen_ai.workflow.name gen_ai.data_source.id gen_ai.embeddings.
gen_ai.openai. gen_ai.token.type openai. llm.token_count. llm.cost. embedding. input.mime_type output.mime_type
agent.name graph. llm.is_streaming llm.headers llm.request. llm.response. llm.usage. langfuse. traceloop. session. user.
enduser. client. server. network. net. http. url. user_agent. geo. db. rpc. messaging. code. thread. process. host. os.
container. k8s. cloud. service. deployment. telemetry. otel. exception. error. peer. span.
"""
"""Name prefixes of known attributes that are not needed."""

DROPPED = tuple(f"{CONTENT} {NOT_NEEDED}".split())
